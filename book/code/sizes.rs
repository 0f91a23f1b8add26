//! Chapter "What lives across an await".

#![expect(clippy::large_stack_arrays, reason = "their size is what is shown")]
#![cfg_attr(dylint_lib = "async_patterns_lints", allow(large_value_across_await))]

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::yield_now;

// ANCHOR: across
/// `buffer` is alive at `yield_now().await`, so it is a part of the future.
pub async fn across<R: AsyncRead + Unpin>(mut from: R) -> std::io::Result<usize> {
    let mut buffer = [0_u8; 64 * 1024];
    let read = from.read(&mut buffer).await?;
    yield_now().await;
    Ok(buffer[..read].split(u8::is_ascii_whitespace).count())
}
// ANCHOR_END: across

// ANCHOR: boxed
/// Only the box is a part of the future: one word for 64 KiB.
pub async fn boxed<R: AsyncRead + Unpin>(mut from: R) -> std::io::Result<usize> {
    let mut buffer = vec![0_u8; 64 * 1024].into_boxed_slice();
    let read = from.read(&mut buffer).await?;
    yield_now().await;
    Ok(buffer[..read].split(u8::is_ascii_whitespace).count())
}
// ANCHOR_END: boxed

// ANCHOR: scoped
/// The block ends before the await, and with it the array.
pub async fn scoped() -> u32 {
    let sum = {
        let table = [1_u32; 16 * 1024];
        table.iter().sum()
    };
    yield_now().await;
    sum
}
// ANCHOR_END: scoped

#[cfg(test)]
mod tests;

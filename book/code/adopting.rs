//! Chapter "Adopting the lints": a finding that is silenced with a reason.

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;

// ANCHOR: silenced
pub async fn send(
    connection: &Mutex<impl AsyncWrite + Unpin>,
    frame: &[u8],
) -> std::io::Result<()> {
    // Held across the await on purpose: frames are written one at a time, and nobody cancels this.
    #[cfg_attr(dylint_lib = "async_patterns_lints", allow(async_guard_across_await))]
    let mut connection = connection.lock().await;
    connection.write_all(frame).await
}
// ANCHOR_END: silenced

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_stay_whole() {
        let connection = Mutex::new(Vec::new());
        tokio::try_join!(send(&connection, b"one "), send(&connection, b"two ")).unwrap();
        assert_eq!(connection.into_inner(), b"one two ");
    }
}

//! Futures that are kept in a variable and are large for another reason than one variable of
//! theirs; levels; macros of other crates.
#![allow(unused, clippy::all)]

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::yield_now;

const PART: usize = 12 * 1024;

async fn two_parts() -> u8 {
    let one = [0_u8; PART];
    let other = [1_u8; PART];
    yield_now().await;
    one[0] + other[0]
}

async fn keeps_a_sum_of_parts() -> u8 {
    let future = two_parts();
    yield_now().await;
    future.await
}

/// A future written by hand.
struct Reads {
    buffer: [u8; 64 * 1024],
}

impl Future for Reads {
    type Output = u8;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u8> {
        context.waker().wake_by_ref();
        Poll::Ready(self.buffer[0])
    }
}

async fn keeps_a_future_by_hand() -> u8 {
    let reads = Reads { buffer: [0; 64 * 1024] };
    yield_now().await;
    reads.await
}

async fn boxes_it() -> u8 {
    let future = Box::pin(two_parts());
    yield_now().await;
    future.await
}

async fn allowed_here() -> u8 {
    #[allow(large_value_across_await)]
    let buffer = [0_u8; 64 * 1024];
    yield_now().await;
    buffer[0]
}

#[allow(large_value_across_await)]
async fn allowed_for_the_function() -> u8 {
    let buffer = [0_u8; 64 * 1024];
    yield_now().await;
    buffer[0]
}

#[allow(large_value_across_await)]
mod allowed_for_the_module {
    pub async fn inside() -> u8 {
        let buffer = [0_u8; 64 * 1024];
        super::yield_now().await;
        buffer[0]
    }
}

async fn expected() -> u8 {
    #[expect(large_value_across_await, reason = "one such future exists")]
    let buffer = [0_u8; 64 * 1024];
    yield_now().await;
    buffer[0]
}

async fn in_a_macro_of_another_crate() -> u8 {
    ui_deps::run_block!({
        let buffer = [0_u8; 64 * 1024];
        yield_now().await;
        buffer[0]
    })
}

#[tokio::main]
async fn main() {
    let buffer = [0_u8; 64 * 1024];
    yield_now().await;
    println!("{}", buffer[0]);
}

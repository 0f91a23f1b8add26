//! The trait of the standard library, to be looked at.

use std::pin::Pin;
use std::task::{Context, Poll};

// ANCHOR: future
pub trait Future {
    type Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output>;
}
// ANCHOR_END: future

/// What the chapter shows asks for no more than the trait of std gives, and gives no less.
impl<F: std::future::Future> Future for F {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        std::future::Future::poll(self, context)
    }
}

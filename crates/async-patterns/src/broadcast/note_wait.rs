//! Notes whether a message had to be waited for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::lag_aware::State;

/// The bare receiver's `recv`, which leaves a burst when it has to wait.
///
/// A future of its own because it is in the way of every message: a `poll_fn` around the pinned
/// `recv` costs 20 instructions more for each that is waited for.
#[pin_project]
pub(super) struct NoteWait<'a, F> {
    #[pin]
    recv: F,
    state: &'a mut State,
}

impl<'a, F> NoteWait<'a, F> {
    pub(super) fn new(recv: F, state: &'a mut State) -> Self {
        Self { recv, state }
    }
}

impl<F: Future> Future for NoteWait<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.recv.poll(cx);
        if polled.is_pending() {
            **this.state = State::Waited;
        }
        polled
    }
}

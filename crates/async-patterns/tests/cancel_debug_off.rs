//! Without the feature `cancel-debug` the wrapper is the bare future.
#![cfg(not(feature = "cancel-debug"))]

use std::future::{Future, pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_patterns::cancel::{CancelCounter, CancelDebugExt};
use async_patterns::cancel_debug;

#[test]
fn it_has_the_size_of_the_future_and_reports_nothing() {
    static COUNTER: CancelCounter = CancelCounter::new();
    let bytes = [1_u8; 100];
    let future = async move {
        pending::<()>().await;
        assert_eq!(bytes.len(), 100);
    };
    let size = size_of_val(&future);
    let future = future
        .cancel_debug("off")
        .with_creation_backtrace()
        .with_drop_backtrace()
        .with_idle_time()
        .with_longest_poll()
        .with_parents()
        .with_sink(&COUNTER);
    assert_eq!(size_of_val(&future), size);
    assert_eq!(future.polls(), 0);
    {
        let future = pin!(future);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(future.poll(&mut cx).is_pending());
    }
    drop(cancel_debug!(pending::<()>()).with_sink(&COUNTER));
    assert_eq!(COUNTER.cancelled() + COUNTER.never_polled(), 0);
}

#[test]
fn it_is_fused_where_the_future_is() {
    use futures::future::{FusedFuture, FutureExt};

    let mut future = pin!(ready(7).fuse().cancel_debug("off"));
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(future.as_mut().poll(&mut cx), Poll::Ready(7));
    assert!(future.is_terminated());
    assert_eq!(future.as_mut().poll(&mut cx), Poll::Pending);
}

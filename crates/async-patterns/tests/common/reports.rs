//! A future polled by hand, and the report of its end.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use async_patterns::cancel::{CancelReport, ReportSink};

pub(crate) fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A sink, and the report it will have got.
pub(crate) fn report_slot() -> (impl ReportSink, Rc<RefCell<Option<CancelReport>>>) {
    let slot = Rc::new(RefCell::new(None));
    let sink = {
        let slot = slot.clone();
        move |report| {
            assert!(
                slot.borrow_mut().replace(report).is_none(),
                "reported twice"
            );
        }
    };
    (sink, slot)
}

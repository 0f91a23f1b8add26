//! Which lane is being polled on this thread.

use std::cell::RefCell;

use crate::recorder::LaneRef;

thread_local! {
    static CURRENT: RefCell<Option<LaneRef>> = const { RefCell::new(None) };
}

/// Makes a lane the current one until this is dropped, also by a panic.
#[must_use]
pub(crate) struct Entered {
    before: Option<LaneRef>,
}

pub(crate) fn enter(lane: &LaneRef) -> Entered {
    let before = CURRENT.try_with(|current| current.replace(Some(lane.clone())));
    Entered {
        // A thread that is ending has no current lane.
        before: before.unwrap_or_default(),
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.replace(self.before.take()));
    }
}

pub(crate) fn current() -> Option<LaneRef> {
    CURRENT
        .try_with(|current| current.borrow().clone())
        .unwrap_or_default()
}

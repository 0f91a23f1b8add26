//! The host's panic hook runs for every panic that is caught, and is still there afterwards.
//!
//! A process of its own, because the hook is the process's.
#![cfg(not(async_patterns_loom))]

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_patterns::session::{
    RuntimeProfile, Session, SessionContext, SessionOutcome, SharedRuntime, ffi_guard,
};

static HOOK_RUNS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn the_panic_hook_is_left_alone() {
    panic::set_hook(Box::new(|_| {
        HOOK_RUNS.fetch_add(1, Ordering::SeqCst);
    }));
    let session = Session::new("s", &SharedRuntime::new(RuntimeProfile::test())).unwrap();
    for run in 1..=3 {
        let body = async |_: SessionContext| panic!("body");
        let outcome = session.run_on_this_thread(body).unwrap();
        assert_eq!(outcome, SessionOutcome::Panicked("body".into()));
        assert_eq!(ffi_guard(-1, || panic!("guard")), -1);
        assert_eq!(HOOK_RUNS.load(Ordering::SeqCst), 2 * run);
    }
}

//! `CancelDebug` "is exactly as cancel safe as that future": what the future inside keeps and loses
//! at a cancel is the same with and without it, and the report says at which poll it was.

use std::sync::{Arc, Mutex};

use async_patterns::cancel::{CancelDebugExt, CancelKind, CancelReport};
use async_patterns::testing::{CancelPoint, cancel_at_every_poll};
use tokio::sync::mpsc;
use tokio::task::yield_now;

type Reports = Arc<Mutex<Vec<CancelReport>>>;

/// A channel with 1, 2 and 3 in it, what was received, and what was reported.
struct State {
    rx: mpsc::UnboundedReceiver<u32>,
    received: Vec<u32>,
    reports: Reports,
}

impl State {
    fn new() -> Self {
        let (tx, rx) = mpsc::unbounded_channel();
        for n in 1..=3 {
            tx.send(n).unwrap();
        }
        Self {
            rx,
            received: Vec::new(),
            reports: Reports::default(),
        }
    }
}

/// Takes a message out and waits before it is stored: not cancel safe.
async fn receive_and_wait(rx: &mut mpsc::UnboundedReceiver<u32>, received: &mut Vec<u32>) {
    while let Some(message) = rx.recv().await {
        yield_now().await;
        received.push(message);
    }
}

/// How many messages are left in the channel and how many were stored, for each way to be cut.
fn sweep(watched: bool) -> Vec<(usize, usize, usize)> {
    let mut seen = Vec::new();
    cancel_at_every_poll(State::new, async |state| {
        let State {
            rx,
            received,
            reports,
        } = state;
        let work = receive_and_wait(rx, received);
        if watched {
            let reports = reports.clone();
            work.cancel_debug("receive")
                .with_sink(move |report| reports.lock().unwrap().push(report))
                .await;
        } else {
            work.await;
        }
    })
    .check(|at: CancelPoint, state| {
        seen.push((at.polls(), state.rx.len(), state.received.len()));
        let reports: Vec<_> = state.reports.lock().unwrap().drain(..).collect();
        // Before its first poll the body has not made the future.
        let cut = watched && at.polls() > 0 && !at.is_completed();
        let reported: Vec<_> = reports.iter().map(|r| (r.kind(), r.polls())).collect();
        let expected: &[_] = &[(CancelKind::Cancelled, at.polls() as u64)];
        assert_eq!(reported, if cut { expected } else { &[] });
    });
    seen
}

#[test]
fn it_loses_and_keeps_what_the_future_inside_does() {
    let bare = sweep(false);
    assert!(bare.iter().any(|&(_, left, kept)| left + kept == 2));
    assert_eq!(sweep(true), bare);
}

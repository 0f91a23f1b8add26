//! `ShutdownSignals`. Alone in its process, because signals are the process's.

#![cfg(unix)]

use std::process::Command;

use async_patterns::task::{ShutdownSignal, ShutdownSignals};
use futures::FutureExt;

fn send(signal: &str) {
    let status = Command::new("kill")
        .args([signal, &std::process::id().to_string()])
        .status()
        .expect("`kill` is part of every unix");
    assert!(status.success());
}

#[tokio::test]
async fn signals_are_told_apart_and_none_is_lost_between_two_calls() {
    let mut signals = ShutdownSignals::new().unwrap();
    assert!(signals.recv().now_or_never().is_none());
    send("-TERM");
    assert_eq!(signals.recv().await, ShutdownSignal::Terminate);
    // A cancelled call leaves the signal to the next.
    send("-INT");
    drop(signals.recv());
    tokio::task::yield_now().await;
    assert_eq!(signals.recv().await, ShutdownSignal::CtrlC);
    assert!(signals.recv().now_or_never().is_none());
}

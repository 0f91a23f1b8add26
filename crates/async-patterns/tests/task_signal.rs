//! `ShutdownSignals`. Alone in its process, because signals are the process's; and one test at a
//! time, because each listener of a process gets each signal.

#![cfg(unix)]

use std::future::Future;
use std::pin::pin;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use async_patterns::poll::try_poll;
use async_patterns::task::{ShutdownSignal, ShutdownSignals, shutdown_signal};
use async_patterns::testing::cancel_at_every_poll;
use futures::FutureExt;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone<R>(test: impl FnOnce() -> R) -> R {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    test()
}

fn alone_on_a_runtime(test: impl Future<Output = ()>) {
    alone(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(test);
    });
}

fn send(signal: &str) {
    let status = Command::new("kill")
        .args([signal, &std::process::id().to_string()])
        .status()
        .expect("`kill` is part of every unix");
    assert!(status.success());
}

#[test]
fn signals_are_told_apart_and_none_is_lost_between_two_calls() {
    alone_on_a_runtime(async {
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
    });
}

/// "A signal that arrives while nobody waits is returned by the next call."
#[test]
fn a_cancelled_recv_leaves_the_signal_to_the_next() {
    let sweep = || {
        cancel_at_every_poll(
            || (None, None),
            async |(signals, got)| {
                let signals = signals.insert(ShutdownSignals::new().unwrap());
                *got = Some(signals.recv().await);
            },
        )
        .drive(|_| |_polls| send("-TERM"))
        .check_async(async |at, (signals, got)| {
            assert_eq!(at.is_completed(), got.is_some());
            let Some(mut signals) = signals else { return };
            let left = if at.is_woken() {
                Some(signals.recv().await)
            } else {
                signals.recv().now_or_never()
            };
            let sent = at.is_woken() || at.is_completed();
            assert_eq!(got.or(left), sent.then_some(ShutdownSignal::Terminate));
            assert!(signals.recv().now_or_never().is_none(), "nothing twice");
        })
    };
    assert_eq!(alone(sweep).suspensions(), 1);
}

/// "A signal that arrives between a cancelled call and the next is not seen by the next."
#[test]
fn the_one_shot_form_listens_from_its_first_poll_on() {
    alone_on_a_runtime(async {
        let mut witness = ShutdownSignals::new().unwrap();
        {
            let mut cancelled = pin!(shutdown_signal());
            assert!(try_poll(cancelled.as_mut()).is_pending());
        }
        send("-INT");
        assert_eq!(witness.recv().await, ShutdownSignal::CtrlC);

        let mut next = pin!(shutdown_signal());
        assert!(try_poll(next.as_mut()).is_pending());
        send("-TERM");
        assert_eq!(next.await.unwrap(), ShutdownSignal::Terminate);
    });
}

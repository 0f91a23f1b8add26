//! The harness finds what it claims to find, at the point it claims.

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_patterns::testing::{CancelPoint, ViolationKind, cancel_at_every_poll};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use CancelPoint::{Completed, Suspended, Unpolled, Woken};

#[test]
fn every_point_is_visited_once_and_in_order() {
    let mut seen = Vec::new();
    let visited = cancel_at_every_poll(
        || 0,
        async |polls| {
            for _ in 0..2 {
                *polls += 1;
                yield_now().await;
            }
            *polls += 1;
        },
    )
    .check(|at, polls| {
        assert_eq!(at.polls(), polls);
        seen.push(at);
    });

    let expected = [
        Unpolled,
        Suspended { polls: 1 },
        Woken { polls: 1 },
        Suspended { polls: 2 },
        Woken { polls: 2 },
        Completed { polls: 3 },
    ];
    assert_eq!(seen, expected);
    assert_eq!(visited.suspensions(), 2);
    assert_eq!(visited.rounds(), expected.len());
}

#[test]
fn a_future_that_never_suspends_has_two_points() {
    let mut seen = Vec::new();
    cancel_at_every_poll(|| (), async |()| 1).check(|at, ()| seen.push(at));
    assert_eq!(seen, [Unpolled, Completed { polls: 1 }]);
}

/// A message that was taken out and not yet stored is lost by a cancel at the second suspension.
#[test]
fn a_lost_message_is_found_at_its_poll() {
    let violation = cancel_at_every_poll(
        || (mpsc::channel::<u32>(1), None),
        async |((_, rx), stored)| {
            let message = rx.recv().await;
            yield_now().await;
            *stored = message;
        },
    )
    .drive(|((tx, _), _)| {
        let tx = tx.clone();
        move |polls| {
            if polls == 1 {
                tx.try_send(7).unwrap();
            }
        }
    })
    .try_check(|at, ((_, mut rx), stored)| {
        let sent = at.polls() > 1 || at.is_woken();
        assert_eq!(
            stored.or(rx.try_recv().ok()),
            sent.then_some(7),
            "message lost"
        );
    })
    .unwrap_err();

    assert_eq!(violation.point(), Suspended { polls: 2 });
    assert_eq!(violation.kind(), ViolationKind::CheckFailed);
    let text = violation.to_string();
    assert!(
        text.starts_with(
            "not cancel safe: the check failed with the future dropped after poll 2: "
        )
    );
    assert!(text.contains("message lost"), "{text}");
}

/// What is handed over at the wake is only lost by a cancel between that wake and the next poll.
#[test]
fn a_value_handed_over_at_the_wake_is_found() {
    /// A queue that pushes into the waiter's slot, and forgets to take it back when it is dropped.
    #[derive(Default)]
    struct Handover {
        slot: std::sync::Mutex<(Option<u32>, Option<Waker>)>,
        given_back: AtomicUsize,
    }
    let wait = async |queue: &mut Arc<Handover>| {
        poll_fn(|cx| {
            let mut slot = queue.slot.lock().unwrap();
            slot.1 = Some(cx.waker().clone());
            slot.0.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        queue.given_back.fetch_add(1, Ordering::SeqCst);
    };
    let violation = cancel_at_every_poll(Arc::<Handover>::default, wait)
        .drive(|queue| {
            let queue = queue.clone();
            move |_| {
                let mut slot = queue.slot.lock().unwrap();
                slot.0 = Some(7);
                slot.1.take().unwrap().wake();
            }
        })
        .try_check(|at, queue| {
            let sent = usize::from(at.polls() > 1 || at.is_woken());
            assert_eq!(queue.given_back.load(Ordering::SeqCst), sent);
        })
        .unwrap_err();
    assert_eq!(violation.point(), Woken { polls: 1 });
}

#[test]
fn hours_on_the_paused_clock_pass_at_once() {
    let visited = cancel_at_every_poll(
        || None,
        async |slept: &mut Option<Duration>| {
            let start = Instant::now();
            sleep(Duration::from_secs(72 * 3600)).await;
            *slept = Some(start.elapsed());
        },
    )
    .patience(Duration::from_secs(60))
    .check(|at, slept| {
        assert_eq!(slept.is_some(), at.is_completed());
        if let Some(slept) = slept {
            assert!(slept >= Duration::from_secs(72 * 3600));
        }
    });
    assert_eq!(visited.suspensions(), 1);
}

#[test]
fn a_future_that_nothing_wakes_is_reported_and_does_not_hang() {
    let violation = cancel_at_every_poll(|| (), async |()| pending::<()>().await)
        .patience(Duration::from_millis(20))
        .try_check(|_, ()| {})
        .unwrap_err();
    assert_eq!(violation.kind(), ViolationKind::Stalled);
    assert_eq!(violation.point(), Suspended { polls: 1 });
    assert!(violation.message().contains("`drive`"), "{violation}");
}

/// Only the waker of the latest poll counts.
#[test]
fn a_future_that_keeps_its_first_waker_is_stuck() {
    let keep_first_waker = async |bell: &mut Arc<std::sync::Mutex<Option<Waker>>>| {
        let mut polls = 0;
        poll_fn(|cx| {
            bell.lock()
                .unwrap()
                .get_or_insert_with(|| cx.waker().clone());
            polls += 1;
            if polls == 3 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    };
    let violation = cancel_at_every_poll(Arc::default, keep_first_waker)
        .drive(|bell| {
            let bell = bell.clone();
            move |_| bell.lock().unwrap().as_ref().unwrap().wake_by_ref()
        })
        .patience(Duration::from_millis(20))
        .try_check(|_, _| {})
        .unwrap_err();
    assert_eq!(violation.kind(), ViolationKind::Stalled);
    assert_eq!(violation.point(), Suspended { polls: 2 });
}

#[test]
fn a_wake_from_a_plain_thread_counts() {
    let visited = cancel_at_every_poll(
        || (),
        async |()| {
            let (tx, rx) = oneshot::channel();
            let thread = std::thread::spawn(move || tx.send(7));
            assert_eq!(rx.await, Ok(7));
            thread.join().unwrap().unwrap();
        },
    )
    .check(|_, ()| {});
    assert!(visited.suspensions() <= 1);
}

#[test]
fn an_endless_future_is_bounded() {
    let violation = cancel_at_every_poll(
        || (),
        async |()| loop {
            yield_now().await;
        },
    )
    .max_polls(3)
    .try_check(|_, ()| {})
    .unwrap_err();
    assert_eq!(violation.kind(), ViolationKind::StillPending);
    assert_eq!(violation.point(), Woken { polls: 3 });
}

#[test]
fn a_panic_in_the_body_is_told_from_a_failed_check() {
    let violation = cancel_at_every_poll(
        || (),
        async |()| {
            yield_now().await;
            panic!("out of cheese");
        },
    )
    .try_check(|_, ()| {})
    .unwrap_err();
    assert_eq!(violation.kind(), ViolationKind::BodyPanicked);
    assert_eq!(violation.point(), Suspended { polls: 1 });
    assert_eq!(violation.message(), "out of cheese");
}

#[test]
fn a_panic_in_the_drop_is_told_from_a_failed_check() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let violation = cancel_at_every_poll(
        || (),
        async |()| {
            let bomb = Bomb;
            yield_now().await;
            std::mem::forget(bomb);
        },
    )
    .try_check(|_, ()| {})
    .unwrap_err();
    assert_eq!(violation.kind(), ViolationKind::DropPanicked);
    assert_eq!(violation.point(), Suspended { polls: 1 });
}

#[test]
#[should_panic(
    expected = "not cancel safe: the check failed with the future dropped before its first poll"
)]
fn check_panics_with_the_point() {
    cancel_at_every_poll(|| (), async |()| {}).check(|at, ()| assert!(at.is_completed()));
}

#[test]
#[should_panic(
    expected = "the check failed on the uncancelled future, at its completion in poll 1"
)]
fn a_check_that_fails_without_a_cancel_is_not_called_a_cancel() {
    cancel_at_every_poll(|| (), async |()| {}).check(|at, ()| assert!(!at.is_completed()));
}

#[tokio::test]
#[should_panic(expected = "call it from a plain `#[test]` function")]
async fn inside_a_runtime_the_message_says_what_to_do() {
    let _ = cancel_at_every_poll(|| (), async |()| {});
}

/// Each poll starts with a full cooperative budget, so a long run of ready operations suspends
/// where it would in a task of its own, and not earlier.
#[test]
fn the_cooperative_budget_is_that_of_a_task() {
    let visited = cancel_at_every_poll(
        || {
            let (tx, rx) = mpsc::unbounded_channel();
            (0..300).for_each(|n| tx.send(n).unwrap());
            (rx, tx, 0)
        },
        async |(rx, _, got)| {
            for _ in 0..300 {
                rx.recv().await.unwrap();
                *got += 1;
            }
        },
    )
    .check(|_, (rx, _, got)| assert_eq!(rx.len() + got, 300));
    assert_eq!(visited.suspensions(), 2);
}

#[test]
fn the_check_may_await() {
    let abort_on_drop = async |ended: &mut Arc<Notify>| {
        struct NotifyOnDrop(Arc<Notify>);
        impl Drop for NotifyOnDrop {
            fn drop(&mut self) {
                self.0.notify_one();
            }
        }
        let guard = NotifyOnDrop(ended.clone());
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let _guard = guard;
            sleep(Duration::from_secs(1)).await;
        });
        tasks.join_next().await;
    };
    cancel_at_every_poll(Arc::<Notify>::default, abort_on_drop).check_async(async |at, ended| {
        if at.polls() > 0 {
            tokio::time::timeout(Duration::from_secs(9), ended.notified())
                .await
                .unwrap();
        }
    });
}

#[test]
fn the_stress_run_uses_workers_and_is_counted() {
    let here = std::thread::current().id();
    let off_this_thread = AtomicUsize::new(0);
    let visited = cancel_at_every_poll(
        || (),
        async |()| {
            let task = tokio::spawn(async { std::thread::current().id() });
            if task.await.unwrap() != here {
                off_this_thread.fetch_add(1, Ordering::SeqCst);
            }
        },
    )
    .also_multi_thread(20)
    .check(|_, ()| {});
    // Each sweep ends with a completed round; the exact sweep has one, too, on this thread.
    assert_eq!(off_this_thread.into_inner(), 20);
    assert!(visited.rounds() >= 4 + 20 * 2, "{visited:?}");
}

#[test]
fn a_violation_on_workers_says_so() {
    let violation = cancel_at_every_poll(|| (), async |()| yield_now().await)
        .also_multi_thread(1)
        .try_check(|_, ()| {
            let flavor = tokio::runtime::Handle::current().runtime_flavor();
            assert_eq!(flavor, tokio::runtime::RuntimeFlavor::CurrentThread);
        })
        .unwrap_err();
    assert!(violation.on_multi_thread());
    assert!(
        violation.to_string().contains("(multi-thread runtime)"),
        "{violation}"
    );
}

/// With `CancelDebug` inside, the report names the awaits that were cut.
#[cfg(feature = "cancel-debug")]
#[test]
fn the_cut_awaits_are_named() {
    use async_patterns::cancel::CancelDebugExt;

    let violation = cancel_at_every_poll(
        || (),
        async |()| {
            yield_now().cancel_debug("first").await;
            async { yield_now().cancel_debug("inner").await }
                .cancel_debug("outer")
                .await;
        },
    )
    .try_check(|at, ()| assert!(at.polls() != 2, "broken here"))
    .unwrap_err();
    let cut: Vec<_> = violation.cut().collect();
    assert_eq!(cut.len(), 2, "{cut:?}");
    assert!(
        cut[0].starts_with("`outer` (") && cut[0].ends_with(") cancelled"),
        "{cut:?}"
    );
    assert!(cut[1].starts_with("`inner` ("), "{cut:?}");
    assert!(
        violation
            .to_string()
            .contains("after poll 2, inside `outer` ("),
        "{violation}"
    );
}

#[cfg(feature = "cancel-debug")]
#[test]
fn a_stuck_await_is_named() {
    use async_patterns::cancel::CancelDebugExt;

    let violation = cancel_at_every_poll(
        || (),
        async |()| pending::<()>().cancel_debug("hangs").await,
    )
    .patience(Duration::from_millis(20))
    .try_check(|_, ()| {})
    .unwrap_err();
    assert!(
        violation
            .to_string()
            .starts_with("the future is stuck after poll 1, inside `hangs` (")
    );
}

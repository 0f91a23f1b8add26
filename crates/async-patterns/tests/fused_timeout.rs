//! `FusedTimeout` and `Deadline` on the paused clock.

#[path = "common/counting.rs"]
mod counting;

use std::future::{Future, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use async_patterns::timeout::{
    Deadline, FusedTimeout, TimeoutError, fused_timeout, fused_timeout_at,
};
use counting::counting_waker;
use futures::future::FusedFuture;
use proptest::prelude::*;
use tokio::task::yield_now;
use tokio::time::{Duration, Instant, advance, interval, sleep};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn overrun<T: std::fmt::Debug>(result: Result<T, TimeoutError>) -> Duration {
    let TimeoutError::Elapsed { overrun, .. } = result.unwrap_err() else {
        unreachable!("the only variant");
    };
    overrun
}

#[tokio::test(start_paused = true)]
async fn in_time() {
    let result = fused_timeout(secs(2), async {
        sleep(secs(1)).await;
        7
    });
    assert_eq!(result.await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn too_late_by_no_more_than_the_timers_grain() {
    let start = Instant::now();
    let late = overrun(fused_timeout(secs(2), pending::<()>()).await);
    assert!(late <= Duration::from_millis(1), "{late:?}");
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_late_poll_is_told_by_its_overrun() {
    let mut timeout = pin!(fused_timeout(secs(2), pending::<()>()));
    assert!(poll(timeout.as_mut()).is_pending());
    advance(secs(5)).await;
    let Poll::Ready(result) = poll(timeout) else {
        panic!("the deadline has passed");
    };
    assert_eq!(overrun(result).as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_ready_beats_its_deadline() {
    let timeout = pin!(fused_timeout(secs(1), ready(7)));
    advance(secs(5)).await;
    assert_eq!(poll(timeout), Poll::Ready(Ok(7)));
}

/// The trap: with `timeout(...)` inside the loop this would never end.
#[tokio::test(start_paused = true)]
async fn one_timer_for_all_passes_of_a_select_loop() {
    let start = Instant::now();
    let mut ticks = interval(Duration::from_millis(100));
    let mut work = pin!(fused_timeout(secs(1), pending::<()>()));
    let mut passes = 0;
    let result = loop {
        tokio::select! {
            result = &mut work => break result,
            _ = ticks.tick() => passes += 1,
        }
        assert!(passes < 100, "the deadline is not kept");
    };
    result.unwrap_err();
    assert!(passes >= 10);
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn elapsed_is_said_once_and_then_nothing_is_polled() {
    let mut polls = 0;
    let inner = poll_fn(|_| {
        polls += 1;
        Poll::<()>::Pending
    });
    {
        let mut timeout = pin!(fused_timeout(secs(1), inner));
        assert!(!timeout.is_terminated());
        timeout.as_mut().await.unwrap_err();
        for _ in 0..3 {
            assert!(timeout.is_terminated());
            assert!(poll(timeout.as_mut()).is_pending());
        }
    }
    assert_eq!(polls, 2, "at the start and at the deadline");
}

#[tokio::test(start_paused = true)]
async fn a_completed_future_is_dropped_and_never_polled_again() {
    let token = Rc::new(());
    let inside = token.clone();
    let inner = poll_fn(move |_| {
        assert_eq!(Rc::strong_count(&inside), 2);
        Poll::Ready(())
    });
    let mut timeout = pin!(fused_timeout(secs(1), inner));
    timeout.as_mut().await.unwrap();
    assert!(timeout.is_terminated());
    assert!(timeout.get_ref().is_none());
    assert_eq!(Rc::strong_count(&token), 1);
    assert!(poll(timeout.as_mut()).is_pending());
    timeout.as_mut().reset(secs(1));
    assert!(
        timeout.is_terminated(),
        "a reset brings no completed future back"
    );
    assert!(poll(timeout).is_pending());
}

#[tokio::test(start_paused = true)]
async fn after_elapsed_the_future_goes_on_where_it_was() {
    let mut steps = 0;
    {
        let work = async {
            for _ in 0..3 {
                sleep(secs(1)).await;
                steps += 1;
            }
        };
        let mut timeout = pin!(fused_timeout(Duration::from_millis(1_500), work));
        timeout.as_mut().await.unwrap_err();
        timeout.as_mut().reset(Duration::from_millis(700));
        assert!(!timeout.is_terminated());
        timeout.as_mut().await.unwrap_err();
        timeout.as_mut().reset_at(Instant::now() + secs(9));
        timeout.await.unwrap();
    }
    assert_eq!(steps, 3);
}

#[tokio::test(start_paused = true)]
async fn a_reset_moves_the_wake_too() {
    let (waker, count) = counting_waker();
    let mut cx = Context::from_waker(&waker);
    let mut timeout = pin!(fused_timeout(secs(1), pending::<()>()));
    assert!(timeout.as_mut().poll(&mut cx).is_pending());
    timeout.as_mut().reset(secs(5));
    assert!(timeout.as_mut().poll(&mut cx).is_pending());
    sleep(secs(2)).await;
    assert_eq!(count(), 0, "not at the old deadline");
    sleep(secs(4)).await;
    assert_eq!(count(), 1, "once at the new one");
    assert!(timeout.as_mut().poll(&mut cx).is_ready());
    sleep(secs(9)).await;
    assert_eq!(count(), 1, "and never again");
}

#[tokio::test(start_paused = true)]
async fn the_future_can_be_taken_out_or_cancelled() {
    let mut timeout = pin!(fused_timeout(secs(1), Box::pin(sleep(secs(3)))));
    timeout.as_mut().await.unwrap_err();
    assert!(timeout.as_mut().get_pin_mut().is_some());
    let start = Instant::now();
    timeout.as_mut().into_inner().unwrap().await;
    assert_eq!(start.elapsed().as_secs(), 2);
    assert!(timeout.as_mut().into_inner().is_none());

    let mut timeout = pin!(fused_timeout(secs(1), pending::<()>()));
    timeout.as_mut().cancel();
    assert!(timeout.is_terminated());
    assert!(timeout.as_mut().get_pin_mut().is_none());
    timeout.as_mut().reset(secs(1));
    assert!(poll(timeout).is_pending());
}

#[tokio::test(start_paused = true)]
async fn remaining_counts_down_to_zero() {
    let timeout = fused_timeout(secs(3), pending::<()>());
    advance(secs(1)).await;
    assert_eq!(timeout.remaining(), secs(2));
    advance(secs(9)).await;
    assert_eq!(timeout.remaining(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_is_no_overflow() {
    let timeout = fused_timeout(Duration::MAX, sleep(secs(1)));
    assert!(timeout.remaining() > secs(365 * 24 * 3600));
    timeout.await.unwrap();
}

/// A future that always uses up the cooperative budget is timed out all the same.
#[tokio::test(start_paused = true)]
async fn a_future_that_hogs_the_budget_is_timed_out() {
    let hog = async {
        let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
        tx.send(()).unwrap();
        loop {
            rx.recv().await.unwrap();
            tx.send(()).unwrap();
            // The clock is paused: somebody has to move it.
            if !tokio::task::coop::has_budget_remaining() {
                advance(Duration::from_millis(10)).await;
            }
        }
    };
    let result = fused_timeout(secs(1), hog).await;
    let _: Result<(), _> = Err(result.map(|never: ()| never).unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn the_poll_budget_names_the_long_poll() {
    let blocks = async {
        yield_now().await;
        std::thread::sleep(Duration::from_millis(20));
        pending::<()>().await;
    };
    let timeout = fused_timeout(secs(1), blocks).with_poll_budget(Duration::from_millis(10));
    let error = timeout.await.unwrap_err();
    let TimeoutError::Elapsed { long_poll, .. } = error else {
        unreachable!("the only variant");
    };
    assert!(long_poll.unwrap() >= Duration::from_millis(20));
    assert!(
        error.to_string().contains("work inside is not async"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn within_the_poll_budget_nothing_is_named() {
    let mut timeout = pin!(fused_timeout(secs(1), yield_now()).with_poll_budget(secs(3600)));
    timeout.as_mut().await.unwrap();
    assert_eq!(timeout.long_poll(), None);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_shared() {
    let deadline = Deadline::after(secs(10));
    deadline.timeout(sleep(secs(6))).await.unwrap();
    // Timers are up to a millisecond late.
    let left = deadline.remaining();
    assert!(
        left <= secs(4) && left >= Duration::from_millis(3_999),
        "{left:?}"
    );
    deadline.timeout(sleep(secs(6))).await.unwrap_err();
    assert!(deadline.has_passed());
    assert_eq!(deadline.remaining(), Duration::ZERO);
    advance(secs(2)).await;
    assert_eq!(deadline.overrun().as_secs(), 2);
    deadline.passed().await;
}

#[tokio::test(start_paused = true)]
async fn a_step_gets_the_shorter_of_two_deadlines() {
    let deadline = Deadline::after(secs(10));
    assert_eq!(deadline.at_most(secs(3)).remaining(), secs(3));
    assert_eq!(deadline.at_most(secs(30)), deadline);
    assert_eq!(
        fused_timeout_at(deadline.instant(), ready(())).deadline(),
        deadline
    );
}

#[test]
fn auto_traits_are_those_of_the_future() {
    fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<FusedTimeout<std::future::Pending<()>>>();
    assert_send_sync::<Deadline>();
    assert_send_sync::<TimeoutError>();
}

/// Dropping one is as cancel safe as the future inside; a lost pass over `&mut` loses nothing.
#[cfg(feature = "testing")]
#[test]
fn cancel_safety() {
    use async_patterns::testing::cancel_at_every_poll;
    use tokio::sync::{mpsc, oneshot};

    let visited = cancel_at_every_poll(
        || (mpsc::channel::<u32>(1), None),
        async |((_, rx), got)| *got = fused_timeout(secs(5), rx.recv()).await.unwrap(),
    )
    .drive(|((tx, _), _)| {
        let tx = tx.clone();
        move |_| tx.try_send(7).unwrap()
    })
    .also_multi_thread(10)
    .check(|at, ((_, mut rx), got)| {
        let sent = at.polls() > 1 || at.is_woken();
        assert_eq!(got.or(rx.try_recv().ok()), sent.then_some(7));
    });
    assert_eq!(visited.suspensions(), 1);

    // The passes are cut, the `FusedTimeout` in the state is not.
    cancel_at_every_poll(
        || {
            let (tx, rx) = oneshot::channel::<u32>();
            (Some(tx), Box::pin(fused_timeout(secs(5), rx)))
        },
        async |(_, timeout)| timeout.as_mut().await,
    )
    .drive(|(tx, _)| {
        let mut tx = tx.take();
        move |_| tx.take().unwrap().send(7).unwrap()
    })
    .check_async(async |at, (tx, timeout)| {
        if at.is_completed() {
            assert!(timeout.is_terminated());
            return;
        }
        assert!(!timeout.is_terminated());
        // In rounds whose hook did not run, nobody sends and the channel is closed.
        drop(tx);
        let output = timeout.await.expect("five seconds have not passed");
        assert_eq!(output.is_ok(), at.is_woken());
    });
}

/// Waiting for a deadline can be cancelled anywhere; the deadline does not move.
#[cfg(feature = "testing")]
#[test]
fn waiting_for_a_deadline_is_cancel_safe() {
    let visited = async_patterns::testing::cancel_at_every_poll(
        || (Instant::now(), Deadline::after(secs(5))),
        async |(_, deadline)| deadline.passed().await,
    )
    .check_async(async |_, (start, deadline)| {
        deadline.passed().await;
        assert_eq!(start.elapsed().as_secs(), 5);
    });
    assert_eq!(visited.suspensions(), 1);
}

#[derive(Debug, Clone)]
enum Step {
    Poll,
    Advance(u64),
    Reset(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Poll),
        (1_u64..40).prop_map(Step::Advance),
        (1_u64..40).prop_map(Step::Reset),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    /// Against a model: the future is ready from `ready_at` on, the deadline moves by resets.
    #[test]
    fn any_schedule_follows_the_model(
        ready_at in 1_u64..200,
        limit in 1_u64..100,
        steps in steps(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async move {
            let start = Instant::now();
            let millis = |n| Duration::from_millis(n);
            let inner = poll_fn(move |_| {
                if start.elapsed() >= millis(ready_at) { Poll::Ready(()) } else { Poll::Pending }
            });
            let mut timeout = pin!(fused_timeout(millis(limit), inner));
            let (mut now, mut deadline) = (0, limit);
            let (mut completed, mut elapsed) = (false, false);
            for step in steps {
                match step {
                    Step::Advance(by) => {
                        advance(millis(by)).await;
                        now += by;
                    }
                    Step::Reset(by) => {
                        timeout.as_mut().reset(millis(by));
                        deadline = now + by;
                        elapsed = false;
                    }
                    Step::Poll => {
                        let poll = poll(timeout.as_mut());
                        if completed || elapsed {
                            assert!(poll.is_pending());
                        } else if now >= ready_at {
                            assert_eq!(poll, Poll::Ready(Ok(())));
                            completed = true;
                        } else if now > deadline {
                            let Poll::Ready(result) = poll else { panic!("past the deadline") };
                            assert_eq!(overrun(result), millis(now - deadline));
                            elapsed = true;
                        } else if now == deadline {
                            // A timer may be a millisecond late.
                            elapsed = poll.is_ready();
                        } else {
                            assert!(poll.is_pending());
                        }
                    }
                }
                assert_eq!(timeout.is_terminated(), completed || elapsed);
                assert_eq!(timeout.remaining(), millis(deadline.saturating_sub(now)));
            }
        });
    }
}

//! What the wrapper notes of real futures.

#![cfg(feature = "record")]

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use async_timeline::{Ending, LaneKind, ManualClock, RecordExt, State, Timeline, lock, mark};
use futures::future::join;
use futures::stream::{self, StreamExt as _};
use tokio::sync::{Mutex, Semaphore, oneshot};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Duration, advance, sleep, timeout};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// On paused time a busy machine must not make blocked polls.
fn timeline() -> Timeline {
    Timeline::builder().budget(Duration::MAX).build()
}

#[tokio::test(start_paused = true)]
async fn a_future_from_creation_to_completion() {
    let timeline = timeline();
    let work = sleep(ms(30)).record(&timeline, "work");
    advance(ms(5)).await;
    work.await;
    advance(ms(5)).await;
    let recording = timeline.snapshot();
    let lanes = recording.lanes();
    let lane = &lanes[0];
    assert_eq!((lane.name.as_str(), lane.kind), ("work", LaneKind::Future));
    assert_eq!(lane.time_in(State::Unstarted), ms(5));
    assert_eq!(lane.time_in(State::Waiting), ms(25));
    assert_eq!(lane.endings, [(ms(30), Ending::Completed)]);
    assert_eq!((lane.polls, lane.wakes.len()), (2, 1));
    assert_eq!(recording.end(), ms(35));
}

#[tokio::test(start_paused = true)]
async fn woken_and_not_polled() {
    let timeline = timeline();
    let mut download = Box::pin(sleep(ms(10)).record(&timeline, "download"));
    tokio::select! {
        biased;
        () = &mut download => unreachable!(),
        () = sleep(ms(5)) => sleep(ms(100)).await,
    }
    let lanes = timeline.snapshot().lanes();
    assert_eq!(lanes[0].left_in(), Some(State::Ready));
    assert_eq!(lanes[0].time_in(State::Ready), ms(95));
    assert_eq!(lanes[0].wakes, [ms(10)]);
}

#[tokio::test(start_paused = true)]
async fn cancelled_never_polled_and_nested_from_the_outside_in() {
    let timeline = timeline();
    drop(async {}.record(&timeline, "never"));
    let inner = sleep(ms(60)).record(&timeline, "inner");
    let outer = inner.record(&timeline, "outer");
    timeout(ms(10), outer).await.unwrap_err();
    let lanes = timeline.snapshot().lanes();
    for lane in &lanes {
        assert_eq!(lane.ending(), Some(Ending::Cancelled), "{lane:?}");
    }
    assert_eq!(lanes[0].polls, 0);
    // When its time is over, `timeout` polls the future once more before it looks at the clock.
    assert_eq!(lanes[1].polls, 2);
}

#[tokio::test]
async fn a_wake_reaches_the_task_and_all_wrappers() {
    let timeline = timeline();
    let (sender, receiver) = oneshot::channel();
    let inner = receiver.record(&timeline, "inner");
    let task = tokio::spawn(inner.record(&timeline, "outer"));
    yield_now().await;
    // A thread without a runtime.
    thread::spawn(move || sender.send(7).unwrap())
        .join()
        .unwrap();
    assert_eq!(task.await.unwrap().unwrap(), 7);
    let lanes = timeline.snapshot().lanes();
    assert_eq!((lanes[0].wakes.len(), lanes[1].wakes.len()), (1, 1));
}

#[test]
fn a_wakers_place_is_kept_while_the_task_is_the_same_and_changes_with_it() {
    let timeline = timeline();
    let mut seen: Vec<Waker> = Vec::new();
    let look = poll_fn(|cx| {
        seen.push(cx.waker().clone());
        Poll::<()>::Pending
    });
    let mut look = pin!(look.record(&timeline, "look"));
    let tasks = [Arc::new(Task), Arc::new(Task)].map(Waker::from);
    for task in [&tasks[0], &tasks[0], &tasks[1]] {
        assert!(
            look.as_mut()
                .poll(&mut Context::from_waker(task))
                .is_pending()
        );
    }
    assert!(seen[0].will_wake(&seen[1]));
    assert!(!seen[1].will_wake(&seen[2]));
}

struct Task;

impl std::task::Wake for Task {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_poll_that_panics_and_a_poll_after_that() {
    let timeline = timeline();
    let mut job = Box::pin(async { panic!("on purpose") }.record(&timeline, "job"));
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..2 {
        let polled = catch_unwind(AssertUnwindSafe(|| job.as_mut().poll(&mut cx).is_ready()));
        assert!(polled.is_err());
    }
    drop(job);
    let lanes = timeline.snapshot().lanes();
    let endings: Vec<Ending> = lanes[0].endings.iter().map(|(_, ending)| *ending).collect();
    assert_eq!(endings, [Ending::Panicked, Ending::Panicked]);
}

#[test]
fn a_poll_over_the_budget_is_blocked_by_real_time_alone() {
    let clock = ManualClock::default();
    let timeline = Timeline::builder()
        .budget(ms(10))
        .clock(clock.clone())
        .build();
    let job = async {
        clock.block(ms(9));
        yield_now().await;
        clock.block(ms(10));
    };
    futures::executor::block_on(job.record(&timeline, "job"));
    let lanes = timeline.snapshot().lanes();
    let states: Vec<State> = lanes[0].spans.iter().map(|span| span.state).collect();
    assert_eq!(states, [State::Running, State::Blocked]);
    assert_eq!(lanes[0].longest_poll(), ms(10));
    assert_eq!(timeline.snapshot().end(), ms(0), "the axis stood still");
}

#[test]
fn a_poll_that_is_going_on_can_be_looked_at_from_another_thread() {
    let clock = ManualClock::default();
    let timeline = Timeline::builder()
        .budget(ms(10))
        .clock(clock.clone())
        .build();
    let watcher = timeline.clone();
    let job = async move {
        let looked = thread::spawn(move || {
            clock.advance(ms(50));
            watcher.snapshot().lanes()
        });
        looked.join().unwrap()
    };
    let lanes = futures::executor::block_on(job.record(&timeline, "job"));
    assert_eq!(lanes[0].left_in(), Some(State::Blocked));
}

#[tokio::test(start_paused = true)]
async fn locks_are_noted_on_the_lane_that_polls() {
    let timeline = timeline();
    let connection = Mutex::new(());
    let user = |name| {
        let work = async {
            let held = lock("connection", connection.lock()).await;
            sleep(ms(10)).await;
            drop(held);
            mark("done");
        };
        work.record(&timeline, name)
    };
    join(user("first"), user("second")).await;
    let lanes = timeline.snapshot().lanes();
    let times = |lane: usize| {
        let lock = &lanes[lane].locks[0];
        (lock.wanted, lock.taken, lock.gone)
    };
    assert_eq!(times(0), (ms(0), Some(ms(0)), Some(ms(10))));
    assert_eq!(times(1), (ms(0), Some(ms(10)), Some(ms(20))));
    assert_eq!(lanes[1].marks[0].at, ms(20));
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_is_given_up_was_never_taken() {
    let timeline = timeline();
    let printer = Semaphore::new(0);
    let turn = async {
        lock("printer", printer.acquire())
            .await
            .map(|permit| permit.is_ok())
    };
    timeout(ms(10), turn.record(&timeline, "turn"))
        .await
        .unwrap_err();
    let lock = &timeline.snapshot().lanes()[0].locks[0];
    assert_eq!((lock.taken, lock.gone), (None, Some(ms(10))));
}

#[tokio::test]
async fn outside_of_a_lane_nothing_is_noted() {
    let timeline = timeline();
    async { yield_now().await }.record(&timeline, "lane").await;
    mark("nowhere");
    drop(lock("nothing", async {}).await);
    let lanes = timeline.snapshot().lanes();
    assert!(lanes[0].marks.is_empty() && lanes[0].locks.is_empty());
}

#[tokio::test]
async fn a_closure_on_the_blocking_pool_is_a_lane() {
    let timeline = Timeline::builder().budget(Duration::ZERO).build();
    let work = timeline.record_blocking("checksum", || mark("at work"));
    spawn_blocking(work).await.unwrap();
    drop(timeline.record_blocking("never called", || ()));
    let panics = timeline.record_blocking("panics", || panic!("on purpose"));
    spawn_blocking(panics).await.unwrap_err();

    let lanes = timeline.snapshot().lanes();
    let endings: Vec<_> = lanes.iter().map(|lane| lane.ending().unwrap()).collect();
    assert_eq!(
        endings,
        [Ending::Completed, Ending::Cancelled, Ending::Panicked]
    );
    assert_eq!(lanes[0].kind, LaneKind::Blocking);
    assert_eq!(lanes[0].marks[0].text, "at work");
    assert!(
        lanes[0]
            .spans
            .iter()
            .all(|span| span.state != State::Blocked)
    );
}

#[tokio::test(start_paused = true)]
async fn futures_in_a_buffer_are_ready_while_the_consumer_works() {
    let timeline = timeline();
    let mut pages = stream::iter(0..4_u32)
        .map(|page| sleep(ms(10 + u64::from(page) * 10)).record(&timeline, format!("page {page}")))
        .buffered(2);
    while pages.next().await.is_some() {
        sleep(ms(100)).await;
    }
    let lanes = timeline.snapshot().lanes();
    assert_eq!(lanes[1].time_in(State::Ready), ms(90));
    assert!(
        lanes
            .iter()
            .all(|lane| lane.ending() == Some(Ending::Completed))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_threads_write_into_one_recording() {
    let timeline = timeline();
    let tasks = (0..50_u32).map(|number| {
        let work = async {
            for _ in 0..20 {
                yield_now().await;
            }
        };
        tokio::spawn(work.record(&timeline, format!("task {number}")))
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let recording = timeline.snapshot();
    assert_eq!(recording.lost(), 0);
    for lane in recording.lanes() {
        assert_eq!((lane.polls, lane.wakes.len()), (21, 20), "{}", lane.name);
        assert_eq!(lane.ending(), Some(Ending::Completed));
    }
}

#[tokio::test]
async fn a_full_recorder_counts_what_it_loses() {
    let timeline = Timeline::builder().max_events(4).build();
    for _ in 0..10 {
        yield_now().record(&timeline, "lane").await;
    }
    let recording = timeline.snapshot();
    assert_eq!(recording.lanes().len(), 1);
    // Of the first lane's six events two, and nine lanes.
    assert_eq!(recording.lost(), 11);
}

#[tokio::test(start_paused = true)]
async fn rounded_times_are_multiples_and_nothing_overlaps() {
    let timeline = timeline();
    let work = async {
        for pause in [3, 14, 15, 9] {
            sleep(ms(pause)).await;
        }
    };
    work.record(&timeline, "work").await;
    let recording = timeline.snapshot().rounded(ms(10));
    assert_eq!(recording.end(), ms(40));
    for span in &recording.lanes()[0].spans {
        assert_eq!(span.from.as_millis() % 10 + span.to.as_millis() % 10, 0);
        assert!(span.from <= span.to);
    }
}

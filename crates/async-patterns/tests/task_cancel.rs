//! The "cancel safe" sentences of `task`, at every poll; and any schedule of operations on a scope.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_patterns::task::{
    BlockingLimiter, ChildHandle, ScopeEvent, TaskScope, spawn_cancellable_blocking,
    spawn_dedicated,
};
use async_patterns::testing::cancel_at_every_poll;
use proptest::prelude::*;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

struct Owned {
    scope: Option<TaskScope>,
    children: Vec<ChildHandle>,
    events: mpsc::UnboundedReceiver<ScopeEvent>,
    returned: bool,
}

/// A scope with a child that takes two awaits to end, and one that never ends.
fn scope_with_two(deaf: bool) -> Owned {
    let (tell, events) = mpsc::unbounded_channel();
    let scope = TaskScope::builder()
        .on_event(move |event| drop(tell.send(event)))
        .build();
    let mut children = vec![scope.spawn("slow", |_| async {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    })];
    if deaf {
        children.push(scope.spawn("deaf", |_| std::future::pending::<()>()));
    }
    Owned {
        scope: Some(scope),
        children,
        events,
        returned: false,
    }
}

/// Whatever the point: after it nothing runs, and each child that was live at a drop is told once.
async fn assert_ended(mut state: Owned) {
    let unpolled = state.scope.take();
    drop(unpolled);
    // What was aborted ends at the next pass of the scheduler.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(state.children.iter().all(ChildHandle::is_finished));
    let mut told = Vec::new();
    while let Ok(event) = state.events.try_recv() {
        told.push(event.child.name);
    }
    if state.returned {
        assert!(told.is_empty(), "the report has told it: {told:?}");
    }
    let all = told.len();
    told.dedup();
    assert_eq!(told.len(), all, "told twice");
}

#[test]
fn a_cancelled_shutdown_aborts_at_once() {
    cancel_at_every_poll(
        || scope_with_two(true),
        async |state| {
            let scope = state.scope.take().unwrap();
            let report = scope.shutdown(Duration::from_secs(5)).await;
            assert_eq!(report.totals().children(), 2);
            state.returned = true;
        },
    )
    .check_async(async |_, state| assert_ended(state).await);
}

#[test]
fn a_cancelled_join_aborts_at_once() {
    cancel_at_every_poll(
        || scope_with_two(false),
        async |state| {
            let report = state.scope.take().unwrap().join().await;
            assert_eq!(report.totals().finished, 1);
            state.returned = true;
        },
    )
    .check_async(async |_, state| assert_ended(state).await);
}

/// "A cancelled call has spawned nothing", and its turn is free.
#[test]
fn a_cancelled_spawn_within_limit_spawns_nothing() {
    sweep_spawn_within_limit(&async |scope, count| {
        scope.spawn_within_limit("second", |_| count).await
    });
}

/// The same through a handle.
#[test]
fn a_cancelled_spawn_within_limit_of_a_handle_spawns_nothing() {
    sweep_spawn_within_limit(&async |scope, count| {
        let handle = scope.handle();
        let child = handle.spawn_within_limit("second", |_| count).await;
        child.unwrap()
    });
}

type Count = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Spawns a future into a scope whose one turn is taken.
fn sweep_spawn_within_limit(spawn: &impl AsyncFn(&TaskScope, Count) -> ChildHandle) {
    let ran = Arc::new(AtomicUsize::new(0));
    let make = || {
        ran.store(0, Ordering::SeqCst);
        let scope = TaskScope::builder().limit(1).build();
        scope.spawn("holder", |_| tokio::time::sleep(Duration::from_secs(1)));
        (scope, Arc::clone(&ran), false)
    };
    cancel_at_every_poll(make, async |(scope, ran, spawned)| {
        // Let the holder have its turn first.
        tokio::task::yield_now().await;
        let ran = Arc::clone(ran);
        let count = Box::pin(async move {
            ran.fetch_add(1, Ordering::SeqCst);
        });
        let child = spawn(scope, count).await;
        assert_eq!(child.name(), "second");
        *spawned = true;
    })
    .check_async(async |_, (scope, ran, spawned)| {
        let after = scope.spawn("after", |_| async {});
        let report = scope.join().await;
        assert_eq!(ran.load(Ordering::SeqCst), usize::from(spawned));
        assert_eq!(report.totals().finished, 2 + u64::from(spawned));
        assert!(after.is_finished(), "the turn was given back");
    });
}

/// "The future is dropped half way at shutdown": wherever it and whoever waits for it stand, it is
/// dropped once, and its scope's end is not reached before.
#[test]
fn a_future_spawned_until_cancelled_ends_with_its_scope() {
    let make = || (Some(TaskScope::new()), Arc::new(()), Vec::new());
    let visited = cancel_at_every_poll(make, async |(scope, alive, children)| {
        let scope = scope.take().unwrap();
        let held = Arc::clone(alive);
        children.push(scope.spawn_until_cancelled("endless", async move {
            tokio::task::yield_now().await;
            std::future::pending::<()>().await;
            drop(held);
        }));
        tokio::task::yield_now().await;
        assert_eq!(Arc::strong_count(alive), 2);
        let report = scope.shutdown(Duration::from_secs(5)).await;
        assert_eq!(report.totals().cancelled, 1);
        assert_eq!(Arc::strong_count(alive), 1);
    })
    .check_async(async |_, (scope, alive, children)| {
        drop(scope);
        // What was aborted ends at the next pass of the scheduler.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(children.iter().all(ChildHandle::is_finished));
        assert_eq!(Arc::strong_count(&alive), 1);
    });
    assert!(visited.suspensions() >= 2);
}

/// Nothing of a child outlives its scope.
#[tokio::test]
async fn the_futures_of_children_are_dropped_before_shutdown_returns() {
    let alive = Arc::new(());
    let scope = TaskScope::new();
    for n in 0..10 {
        let held = Arc::clone(&alive);
        scope.spawn_until_cancelled(format!("{n}"), async move {
            std::future::pending::<()>().await;
            drop(held);
        });
    }
    let report = scope.shutdown(Duration::from_secs(30)).await;
    assert_eq!(report.totals().cancelled, 10);
    assert_eq!(Arc::strong_count(&alive), 1);
}

/// "Dropping the handle cancels the token. A closure that has not begun will not begin."
#[test]
fn dropping_the_handle_of_blocking_work_stops_it() {
    struct State {
        limiter: BlockingLimiter,
        tokens: Vec<CancellationToken>,
        began: Arc<AtomicUsize>,
        done: bool,
    }
    let make = || State {
        limiter: BlockingLimiter::new(1),
        tokens: Vec::new(),
        began: Arc::default(),
        done: false,
    };
    cancel_at_every_poll(make, async |state| {
        let (proceed, wait) = std::sync::mpsc::channel::<()>();
        let first = spawn_cancellable_blocking(&state.limiter, move |_| wait.recv().is_ok());
        let began = Arc::clone(&state.began);
        let second = spawn_cancellable_blocking(&state.limiter, move |_| {
            began.fetch_add(1, Ordering::SeqCst)
        });
        state.tokens = vec![first.token().clone(), second.token().clone()];
        tokio::task::yield_now().await;
        proceed.send(()).unwrap();
        assert!(first.await.unwrap());
        assert_eq!(second.await.unwrap(), 0);
        state.done = true;
    })
    .check_async(async |_, state| {
        assert!(state.tokens.iter().all(CancellationToken::is_cancelled));
        // The place is free again: this one has its turn, bounded by the sweep's patience.
        spawn_cancellable_blocking(&state.limiter, |_| ())
            .await
            .unwrap();
        let began = state.began.load(Ordering::SeqCst);
        assert!(began <= 1);
        if state.done {
            assert_eq!(began, 1);
        }
    });
}

/// "Dropping the handle cancels the token and does not wait. Polling the handle by `&mut` in a
/// `select!` loop and leaving it unfinished loses nothing."
#[test]
fn a_thread_whose_handle_is_dropped_is_asked_to_stop() {
    #[derive(Default)]
    struct State {
        token: Option<CancellationToken>,
        has_ended: Option<std::sync::mpsc::Receiver<()>>,
        value: Option<u32>,
    }
    let visited = cancel_at_every_poll(State::default, async |state| {
        let (proceed, wait) = std::sync::mpsc::channel::<()>();
        let (ended, has_ended) = std::sync::mpsc::channel();
        let mut thread = spawn_dedicated("worker", move |token| {
            while !token.is_cancelled() && wait.try_recv().is_err() {
                std::thread::yield_now();
            }
            ended.send(()).unwrap();
            7
        })
        .unwrap();
        state.token = Some(thread.token().clone());
        state.has_ended = Some(has_ended);
        for _ in 0..3 {
            tokio::select! {
                biased;
                value = &mut thread => panic!("it was not told to go on: {value:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
        proceed.send(()).unwrap();
        state.value = Some(thread.await.unwrap());
    })
    .check(|at, state| {
        assert_eq!(state.value, at.is_completed().then_some(7));
        if let (Some(token), Some(has_ended)) = (state.token, state.has_ended) {
            assert!(token.is_cancelled());
            let ended = has_ended.recv_timeout(Duration::from_secs(30));
            ended.expect("the thread has seen its token");
        }
    });
    assert!(visited.suspensions() >= 4);
}

#[tokio::test]
async fn dropping_the_handle_of_a_thread_asks_it_to_stop() {
    let (ended, has_ended) = tokio::sync::oneshot::channel();
    let thread = spawn_dedicated("worker", move |token| {
        while !token.is_cancelled() {
            std::thread::yield_now();
        }
        ended.send(()).unwrap();
    })
    .unwrap();
    drop(thread);
    let ended = tokio::time::timeout(Duration::from_secs(30), has_ended).await;
    ended.expect("the thread has seen its token").unwrap();
}

#[derive(Debug, Clone)]
enum Step {
    Finish,
    Fail,
    Panic,
    Pend,
    Nested,
    AbortOne(usize),
    CancelOne(usize),
    Yield,
    Advance(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::Finish),
        Just(Step::Fail),
        Just(Step::Panic),
        Just(Step::Pend),
        Just(Step::Nested),
        (0..20_usize).prop_map(Step::AbortOne),
        (0..20_usize).prop_map(Step::CancelOne),
        Just(Step::Yield),
        (0..3_u8).prop_map(Step::Advance),
    ];
    proptest::collection::vec(step, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the schedule: every child is in the report once, none outlives it, each panic and
    /// failure is told once, and shutdown keeps its time.
    #[test]
    fn every_child_is_accounted_for(steps in steps(), limit in proptest::option::of(1..4_usize)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (tell, mut events) = mpsc::unbounded_channel();
            let mut builder = TaskScope::builder().on_event(move |event| drop(tell.send(event)));
            if let Some(limit) = limit {
                builder = builder.limit(limit);
            }
            let scope = builder.build();
            let alive = Arc::new(());
            let mut children = Vec::new();
            let mut nested = 0;
            for step in steps {
                let held = Arc::clone(&alive);
                match step {
                    Step::Finish => children.push(scope.spawn("finish", |_| async move {
                        tokio::task::yield_now().await;
                        drop(held);
                    })),
                    Step::Fail => children.push(scope.spawn("fail", |_| async move {
                        drop(held);
                        Err::<(), _>("failed")
                    })),
                    Step::Panic => children.push(scope.spawn("panic", |_| async move {
                        // Without the hook, whose output would drown the test's.
                        std::panic::resume_unwind(Box::new(held));
                    })),
                    Step::Pend => children.push(scope.spawn("pend", |_| async move {
                        std::future::pending::<()>().await;
                        drop(held);
                    })),
                    Step::Nested => {
                        nested += 1;
                        let handle = scope.handle();
                        children.push(scope.spawn("nested", |_| async move {
                            handle.spawn("inner", |_| async move { drop(held) }).map(drop)
                        }));
                    }
                    Step::AbortOne(at) => {
                        if let Some(child) = children.get(at) {
                            child.abort();
                        }
                    }
                    Step::CancelOne(at) => {
                        if let Some(child) = children.get(at) {
                            child.cancel();
                        }
                    }
                    Step::Yield => tokio::task::yield_now().await,
                    Step::Advance(by) => {
                        tokio::time::sleep(Duration::from_secs(by.into())).await;
                    }
                }
            }
            let began = tokio::time::Instant::now();
            let report = scope.shutdown(Duration::from_secs(5)).await;
            assert!(began.elapsed() <= Duration::from_secs(6));
            assert!(children.iter().all(ChildHandle::is_finished));
            let totals = report.totals();
            assert_eq!(totals.still_running, 0);
            assert_eq!(report.children().len() as u64, totals.children());
            let spawned = children.len() as u64;
            assert!((spawned..=spawned + nested).contains(&totals.children()));
            let mut told = 0;
            while events.try_recv().is_ok() {
                told += 1;
            }
            assert_eq!(told, totals.failed + totals.panicked);
            // The first panic's payload is in the report.
            drop(report);
            assert_eq!(Arc::strong_count(&alive), 1, "nothing of a child is left");
        });
    }
}

//! `ReadySet` on real runtimes; the interleavings are loom's business (`src/sync/ready_set/`).

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use async_patterns::poll::{try_poll_read_with, try_poll_write_with};
use async_patterns::sync::{ReadySet, SourceId};
use common::on_both_flavors;
use counting::counting_waker;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

fn poll_ready<K>(set: &mut ReadySet<K>, waker: &Waker) -> Poll<()> {
    set.poll_ready(&mut Context::from_waker(waker))
}

fn drain<K: Copy>(set: &mut ReadySet<K>, budget: usize) -> Vec<K> {
    let mut keys = Vec::new();
    let reported = set.drain(budget, |set, id| keys.push(set[id]));
    assert_eq!(reported, keys.len());
    keys
}

#[test]
fn a_hundred_marks_wake_the_task_once() {
    let (task, wakes) = counting_waker();
    let mut set = ReadySet::new();
    let ids: Vec<_> = (0..100).map(|key| set.insert(key)).collect();
    assert!(poll_ready(&mut set, &task).is_pending());

    for &id in &ids {
        set.waker(id).unwrap().wake_by_ref();
        set.waker(id).unwrap().wake_by_ref();
    }
    assert_eq!(wakes(), 1);

    assert!(poll_ready(&mut set, &task).is_ready());
    assert_eq!(drain(&mut set, usize::MAX), (0..100).collect::<Vec<_>>());
    assert!(poll_ready(&mut set, &task).is_pending());
    assert_eq!(wakes(), 1);
}

#[test]
fn a_mark_before_the_wait_makes_it_ready_at_once() {
    let (task, wakes) = counting_waker();
    let mut set = ReadySet::new();
    let id = set.insert(());
    assert!(set.mark(id));
    assert!(poll_ready(&mut set, &task).is_ready());
    assert!(poll_ready(&mut set, &task).is_ready(), "the mark stays");
    assert_eq!(set.pop_ready(), Some(id));
    assert_eq!(set.pop_ready(), None);
    assert_eq!(wakes(), 0);
}

#[test]
fn only_the_task_that_polled_last_is_woken() {
    let ((first, first_wakes), (second, second_wakes)) = (counting_waker(), counting_waker());
    let mut set = ReadySet::new();
    let id = set.insert(());
    assert!(poll_ready(&mut set, &first).is_pending());
    assert!(poll_ready(&mut set, &second).is_pending());
    set.mark(id);
    assert_eq!((first_wakes(), second_wakes()), (0, 1));
}

#[test]
fn the_waker_is_made_once() {
    let mut set = ReadySet::new();
    let (a, b) = (set.insert('a'), set.insert('b'));
    let waker = set.waker(a).unwrap().clone();
    assert!(waker.will_wake(set.waker(a).unwrap()));
    assert!(!waker.will_wake(set.waker(b).unwrap()));
}

#[test]
fn a_budget_leaves_the_rest_marked_in_order() {
    let (task, _) = counting_waker();
    let mut set = ReadySet::new();
    let ids: Vec<_> = (0..5).map(|key| set.insert(key)).collect();
    for &id in ids.iter().rev() {
        set.mark(id);
    }
    assert_eq!(drain(&mut set, 0), [] as [i32; 0]);
    assert_eq!(drain(&mut set, 2), [4, 3]);
    set.mark(ids[4]); // Again: behind the others.
    assert!(poll_ready(&mut set, &task).is_ready());
    assert_eq!(drain(&mut set, 100), [2, 1, 0, 4]);
    assert_eq!(drain(&mut set, 100), [] as [i32; 0]);
}

#[test]
fn a_source_that_marks_itself_all_the_time_is_reported_once_per_drain() {
    let mut set = ReadySet::new();
    let (busy, quiet) = (set.insert("busy"), set.insert("quiet"));
    set.mark(busy);
    set.mark(quiet);
    for _ in 0..3 {
        let mut seen = Vec::new();
        set.drain(usize::MAX, |set, id| {
            seen.push(set[id]);
            set.mark(id);
        });
        assert_eq!(seen, ["busy", "quiet"]);
    }
}

#[test]
fn a_removed_source_is_silent_and_its_id_and_wakers_are_dead() {
    let (task, wakes) = counting_waker();
    let mut set = ReadySet::new();
    let old = set.insert("old");
    let stale = set.waker(old).unwrap().clone();
    set.mark(old);
    assert_eq!(set.remove(old), Some("old"));
    assert_eq!(set.remove(old), None);
    assert!(
        poll_ready(&mut set, &task).is_pending(),
        "its mark went too"
    );

    let new = set.insert("new");
    stale.wake_by_ref();
    assert!(poll_ready(&mut set, &task).is_pending());
    assert_eq!(wakes(), 0);
    assert!(!set.contains(old) && !set.mark(old) && set.get(old).is_none());
    assert!(set.waker(old).is_none() && set.get_mut(old).is_none());
    assert_eq!(set.iter().collect::<Vec<_>>(), [(new, &"new")]);
}

#[test]
fn an_id_of_another_set_names_nothing() {
    let (mut one, mut other) = (ReadySet::new(), ReadySet::new());
    let id = one.insert(());
    other.insert(());
    assert!(!other.contains(id));
    assert_eq!(other.remove(id), None);
}

#[test]
#[should_panic(expected = "names no source of this ReadySet")]
fn indexing_with_a_dead_id_says_so() {
    let mut set = ReadySet::new();
    let id = set.insert(());
    set.remove(id);
    let () = set[id];
}

#[test]
fn the_handler_may_remove_the_source_and_its_neighbours_and_insert_others() {
    let mut set = ReadySet::new();
    let ids: Vec<_> = (0..4).map(|key| set.insert(key)).collect();
    for &id in &ids {
        set.mark(id);
    }
    let mut seen = Vec::new();
    set.drain(usize::MAX, |set, id| {
        seen.push(set.remove(id).unwrap());
        if id == ids[0] {
            set.remove(ids[2]);
            let late = set.insert(9);
            set.mark(late);
        }
    });
    seen.extend(drain(&mut set, usize::MAX));
    assert_eq!(seen, [0, 1, 3, 9]);
    assert_eq!(set.len(), 1);
}

#[test]
fn wakers_outlive_the_set() {
    let mut set = ReadySet::new();
    let (marked, unmarked) = (set.insert(()), set.insert(()));
    let wakers = [marked, unmarked].map(|id| set.waker(id).unwrap().clone());
    set.mark(marked);
    drop(set);
    for waker in wakers {
        waker.wake();
    }
}

/// A key's drop may panic; the queue is in order before it runs.
#[test]
fn a_key_that_panics_in_drop_leaves_no_dangling_entry() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "boom");
        }
    }
    let mut set = ReadySet::new();
    let ids = [set.insert(Bomb(true)), set.insert(Bomb(false))];
    let wakers = ids.map(|id| set.waker(id).unwrap().clone());
    set.mark(ids[1]);
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(set)));
    assert!(dropped.is_err());
    for waker in wakers {
        waker.wake();
    }
}

#[test]
fn auto_traits_and_debug() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<ReadySet<u32>>();
    is_send_and_sync::<SourceId>();
    let mut set = ReadySet::default();
    let id = set.insert(());
    assert_eq!(format!("{set:?}"), "ReadySet { sources: 1, .. }");
    assert!(format!("{id:?}").starts_with("SourceId("));
}

/// What a schedule does to the set.
#[derive(Debug, Clone)]
enum Step {
    Insert,
    Remove(usize),
    Mark(usize),
    /// By a waker that was cloned when the source came, alive or not.
    WakeEver(usize),
    Pop,
    Drain(usize),
    Poll,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Insert),
        2 => any::<usize>().prop_map(Step::Remove),
        4 => any::<usize>().prop_map(Step::Mark),
        4 => any::<usize>().prop_map(Step::WakeEver),
        2 => Just(Step::Pop),
        1 => (0..4_usize).prop_map(Step::Drain),
        2 => Just(Step::Poll),
    ]
}

proptest! {
    /// Against a plain list of the marked sources, in the order of their first marks.
    #[test]
    fn any_schedule_agrees_with_a_list(steps in prop::collection::vec(step(), 1..200)) {
        let (task, wakes) = counting_waker();
        let mut set = ReadySet::new();
        let mut ever: Vec<(SourceId, Waker)> = Vec::new();
        let mut alive: Vec<SourceId> = Vec::new();
        let mut marked: VecDeque<SourceId> = VecDeque::new();
        let mut armed = false;
        let mut expected_wakes = 0;

        for step in steps {
            let mut mark = |id: SourceId, alive: &[SourceId], marked: &mut VecDeque<SourceId>| {
                if alive.contains(&id) && !marked.contains(&id) {
                    marked.push_back(id);
                    expected_wakes += usize::from(std::mem::take(&mut armed));
                }
            };
            match step {
                Step::Insert => {
                    let id = set.insert(ever.len());
                    ever.push((id, set.waker(id).unwrap().clone()));
                    alive.push(id);
                }
                Step::Remove(at) if !alive.is_empty() => {
                    let id = alive.swap_remove(at % alive.len());
                    prop_assert!(set.remove(id).is_some());
                    marked.retain(|&other| other != id);
                }
                Step::Mark(at) if !alive.is_empty() => {
                    let id = alive[at % alive.len()];
                    prop_assert!(set.mark(id));
                    mark(id, &alive, &mut marked);
                }
                Step::WakeEver(at) if !ever.is_empty() => {
                    let (id, waker) = &ever[at % ever.len()];
                    waker.wake_by_ref();
                    mark(*id, &alive, &mut marked);
                }
                Step::Pop => prop_assert_eq!(set.pop_ready(), marked.pop_front()),
                Step::Drain(budget) => {
                    let mut seen = Vec::new();
                    set.drain(budget, |_, id| seen.push(id));
                    let expected: Vec<_> = marked.drain(..budget.min(marked.len())).collect();
                    prop_assert_eq!(seen, expected);
                }
                Step::Poll => {
                    let ready = poll_ready(&mut set, &task).is_ready();
                    prop_assert_eq!(ready, !marked.is_empty());
                    armed = armed || !ready;
                }
                Step::Remove(_) | Step::Mark(_) | Step::WakeEver(_) => {}
            }
            prop_assert_eq!(wakes(), expected_wakes);
            prop_assert_eq!(set.len(), alive.len());
        }
    }
}

on_both_flavors! {
    /// Every wake of every thread is followed by a report that sees what was written before it.
    async fn nothing_is_lost_among_threads() {
        const SOURCES: usize = 64;
        const WAKES: usize = 500;
        let mut set = ReadySet::new();
        let written: Arc<[AtomicUsize; SOURCES]> =
            Arc::new(std::array::from_fn(|_| AtomicUsize::new(0)));
        let wakers: Vec<Waker> = (0..SOURCES)
            .map(|key| {
                let id = set.insert(key);
                set.waker(id).unwrap().clone()
            })
            .collect();
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (wakers, written) = (wakers.clone(), written.clone());
                std::thread::spawn(move || {
                    for n in 0..WAKES {
                        let source = (n * 7 + thread * 13) % SOURCES;
                        written[source].fetch_add(1, Ordering::Relaxed);
                        wakers[source].wake_by_ref();
                    }
                })
            })
            .collect();

        let mut seen = [0; SOURCES];
        while seen.iter().sum::<usize>() < 4 * WAKES {
            set.ready().await;
            set.drain(16, |set, id| seen[set[id]] = written[set[id]].load(Ordering::Relaxed));
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }

    /// The shape of a forwarder: one task, many duplex pairs, polled only when they are marked.
    async fn sessions_are_served_by_their_marks_alone() {
        struct Flow {
            stream: DuplexStream,
            pending: VecDeque<u8>,
            open: bool,
        }

        let mut flows = ReadySet::new();
        let mut clients = Vec::new();
        for n in 0..50_u8 {
            let (mut client, stream) = tokio::io::duplex(3);
            let id = flows.insert(Flow { stream, pending: VecDeque::new(), open: true });
            flows.mark(id);
            clients.push(tokio::spawn(async move {
                let message = vec![n; 20];
                let (mut read, mut write) = tokio::io::split(&mut client);
                let mut echo = vec![0; 20];
                let (sent, received) =
                    tokio::join!(write.write_all(&message), read.read_exact(&mut echo));
                sent.unwrap();
                received.unwrap();
                assert_eq!(echo, message);
            }));
        }

        let mut turns = 0;
        while !flows.is_empty() {
            flows.ready().await;
            turns += 1;
            flows.drain(8, |flows, id| {
                let waker = flows.waker(id).unwrap().clone();
                let flow = &mut flows[id];
                let mut buffer = [0; 2];
                loop {
                    let mut moved = false;
                    if flow.open && flow.pending.is_empty() {
                        match try_poll_read_with(&waker, &mut flow.stream, &mut buffer) {
                            Poll::Ready(Ok(0)) => flow.open = false,
                            Poll::Ready(read) => {
                                flow.pending.extend(&buffer[..read.unwrap()]);
                                moved = true;
                            }
                            Poll::Pending => {}
                        }
                    }
                    if !flow.pending.is_empty() {
                        let bytes = flow.pending.make_contiguous();
                        if let Poll::Ready(written) =
                            try_poll_write_with(&waker, &mut flow.stream, bytes)
                        {
                            flow.pending.drain(..written.unwrap());
                            moved = true;
                        }
                    }
                    if !moved {
                        break;
                    }
                }
                if !flow.open {
                    flows.remove(id);
                }
            });
        }
        assert!(turns > 0);
        for client in clients {
            client.await.unwrap();
        }
    }

    /// A task whose sources are always ready gives way to others, as tokio's own types do.
    async fn a_set_that_is_always_ready_uses_up_the_cooperative_budget() {
        let mut set = ReadySet::new();
        let id = set.insert(());
        set.mark(id);
        let mut at_once = 0;
        poll_fn(|cx| {
            while set.poll_ready(cx).is_ready() {
                at_once += 1;
                assert!(at_once < 10_000, "never gives way");
            }
            Poll::Ready(())
        })
        .await;
        assert!(at_once > 0);
    }
}

#[cfg(feature = "testing")]
mod cancel_safety {
    use super::{ReadySet, SourceId};
    use async_patterns::testing::cancel_at_every_poll;

    struct State {
        set: ReadySet<()>,
        ids: [SourceId; 2],
        taken: Vec<SourceId>,
    }

    fn state() -> State {
        let mut set = ReadySet::new();
        let ids = [set.insert(()), set.insert(())];
        State {
            set,
            ids,
            taken: Vec::new(),
        }
    }

    /// Marks the first source after the first poll, the second after the second.
    fn mark_in_turn(state: &mut State) -> impl FnMut(usize) + use<> {
        let wakers = state.ids.map(|id| state.set.waker(id).unwrap().clone());
        move |polls| {
            if let Some(waker) = wakers.get(polls - 1) {
                waker.wake_by_ref();
            }
        }
    }

    fn marks_so_far(at: async_patterns::testing::CancelPoint) -> usize {
        use async_patterns::testing::CancelPoint::{Completed, Suspended, Unpolled, Woken};
        match at {
            Unpolled => 0,
            Suspended { polls } | Completed { polls } => polls - 1,
            Woken { polls } => polls,
        }
    }

    #[test]
    fn ready_takes_nothing() {
        let visited = cancel_at_every_poll(state, async |state| {
            state.set.ready().await;
        })
        .drive(mark_in_turn)
        .also_multi_thread(5)
        .check(|at, mut state| {
            let left = std::iter::from_fn(|| state.set.pop_ready()).count();
            assert_eq!(left, marks_so_far(at));
        });
        assert_eq!(visited.suspensions(), 1);
    }

    #[test]
    fn next_ready_loses_no_mark_and_doubles_none() {
        let visited = cancel_at_every_poll(state, async |state| {
            while state.taken.len() < 2 {
                let id = state.set.next_ready().await;
                state.taken.push(id);
            }
        })
        .drive(mark_in_turn)
        .also_multi_thread(5)
        .check(|at, mut state| {
            state
                .taken
                .extend(std::iter::from_fn(|| state.set.pop_ready()));
            assert_eq!(state.taken, state.ids[..marks_so_far(at)]);
        });
        assert_eq!(visited.suspensions(), 2);
    }
}

//! Loom models of the ready set. The scenarios that need three threads bound the preemptions.

use std::future::poll_fn;
use std::task::Poll;

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

use super::{ReadySet, SourceId};

fn model(preemptions: usize, scenario: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(scenario);
}

fn wake_on_thread(set: &ReadySet<u32>, id: SourceId) -> thread::JoinHandle<()> {
    let waker = set.waker(id).unwrap().clone();
    thread::spawn(move || waker.wake())
}

fn drain_all(set: &mut ReadySet<u32>) -> Vec<u32> {
    let mut seen = Vec::new();
    set.drain(usize::MAX, |set, id| seen.push(set[id]));
    seen
}

/// A lost wake-up shows as a deadlock: nobody would wake `block_on`.
#[test]
fn loom_no_wake_up_is_lost_between_two_sources() {
    model(3, || {
        let mut set = ReadySet::new();
        let (a, b) = (set.insert(0), set.insert(1));
        let threads = [wake_on_thread(&set, a), wake_on_thread(&set, b)];
        let mut times_seen = [0, 0];
        block_on(async {
            while times_seen.contains(&0) {
                set.ready().await;
                for key in drain_all(&mut set) {
                    times_seen[key as usize] += 1;
                }
            }
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(times_seen, [1, 1], "one mark, one report");
        assert_eq!(drain_all(&mut set), []);
    });
}

/// Two marks of one source: one report or two, and whoever comes after the last mark sees
/// what was written before it.
#[test]
fn loom_a_repeated_mark_is_reported_once_or_again_but_its_data_is_always_seen() {
    model(3, || {
        let mut set = ReadySet::new();
        let id = set.insert(0);
        let written = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..2)
            .map(|bit| {
                let waker = set.waker(id).unwrap().clone();
                let written = written.clone();
                thread::spawn(move || {
                    written.fetch_or(1 << bit, Relaxed);
                    waker.wake_by_ref();
                })
            })
            .collect();
        let mut reports = 0;
        block_on(async {
            let mut seen = 0;
            while seen != 0b11 {
                set.ready().await;
                reports += drain_all(&mut set).len();
                seen = written.load(Relaxed);
            }
        });
        for thread in threads {
            thread.join().unwrap();
        }
        reports += drain_all(&mut set).len();
        assert!((1..=2).contains(&reports), "{reports} reports of two marks");
    });
}

/// What was written before a wake is seen by the report, by the order of the mark alone.
#[test]
fn loom_a_report_sees_what_was_written_before_the_wake() {
    model(4, || {
        let mut set = ReadySet::new();
        let id = set.insert(0);
        let written = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (waker, written) = (set.waker(id).unwrap().clone(), written.clone());
            thread::spawn(move || {
                written.store(1, Relaxed);
                waker.wake();
            })
        };
        while set.pop_ready().is_none() {
            thread::yield_now();
        }
        assert_eq!(written.load(Relaxed), 1);
        thread.join().unwrap();
    });
}

/// A take and a new mark of the same source meet: the new mark is not lost.
#[test]
fn loom_a_mark_that_meets_the_take_of_the_one_before_is_reported() {
    model(4, || {
        let mut set = ReadySet::new();
        let id = set.insert(0);
        assert!(set.mark(id));
        let written = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (waker, written) = (set.waker(id).unwrap().clone(), written.clone());
            thread::spawn(move || {
                written.store(1, Relaxed);
                waker.wake();
            })
        };
        block_on(async {
            loop {
                assert_eq!(set.next_ready().await, id);
                if written.load(Relaxed) == 1 {
                    break;
                }
            }
        });
        thread.join().unwrap();
    });
}

/// A removed source is not reported, its node is freed (loom looks for leaks), and nobody uses it
/// afterwards, while two wakes of it and its neighbour are under way.
#[test]
fn loom_a_source_is_removed_while_it_is_woken() {
    model(3, || {
        let mut set = ReadySet::new();
        let (gone, stays) = (set.insert(0), set.insert(1));
        let threads = [wake_on_thread(&set, gone), wake_on_thread(&set, stays)];
        assert_eq!(set.remove(gone), Some(0));
        block_on(set.ready());
        assert_eq!(drain_all(&mut set), [1]);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(drain_all(&mut set), []);
    });
}

/// A wake that comes late finds another source where its own was, and leaves it alone.
#[test]
fn loom_a_stale_waker_does_not_mark_the_source_that_took_the_place() {
    model(4, || {
        let mut set = ReadySet::new();
        let old = set.insert(0);
        let thread = wake_on_thread(&set, old);
        set.remove(old);
        let new = set.insert(1);
        assert_eq!(new.index, old.index, "the place is used again");
        assert_eq!(set.pop_ready(), None);
        thread.join().unwrap();
        assert_eq!(set.pop_ready(), None);
    });
}

/// The set goes while wakes are under way: no leak, no use after the end.
#[test]
fn loom_the_set_is_dropped_while_sources_are_woken() {
    model(3, || {
        let mut set = ReadySet::new();
        let (a, b) = (set.insert(0), set.insert(1));
        let threads = [wake_on_thread(&set, a), wake_on_thread(&set, b)];
        drop(set);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// The task moves to another waker while a mark is under way.
#[test]
fn loom_a_mark_meets_a_change_of_task() {
    model(3, || {
        let mut set = ReadySet::new();
        let id = set.insert(0);
        let thread = wake_on_thread(&set, id);
        // A poll by a task that then gives up, as a `select!` branch in a task that ended.
        let first = block_on(poll_fn(|_| {
            let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
            Poll::Ready(set.poll_ready(&mut nobody))
        }));
        if first.is_pending() {
            block_on(set.ready());
        }
        assert_eq!(set.pop_ready(), Some(id));
        thread.join().unwrap();
    });
}

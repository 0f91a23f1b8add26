//! Models of the shutdown protocol. Run with
//! `RUSTFLAGS="--cfg async_patterns_loom" cargo test --release --lib loom_`.

use std::future::poll_fn;

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use tokio::time::Instant;

use super::board::{Abort, Board, ChildId};
use super::{ChildKind, Outcome};

/// Stands for tokio's abort handle, and for the task that it stops.
#[derive(Clone)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    fn new() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Abort for Flag {
    fn abort(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn board() -> Arc<Board<Flag>> {
    Arc::new(Board::new(8))
}

fn admit(board: &Board<Flag>) -> Option<ChildId> {
    board.admit("child".into(), ChildKind::Task).ok()
}

fn leave(board: &Board<Flag>, child: ChildId) {
    board.leave(child, Outcome::Finished, Instant::now());
}

fn wait_until_empty(board: &Board<Flag>) {
    block_on(poll_fn(|cx| board.poll_empty(cx, true)));
}

/// Two children leave on their own threads while the scope waits: the wait ends, and both are
/// counted. A lost wake-up is a deadlock, which loom reports.
#[test]
fn loom_the_last_child_wakes_the_waiter() {
    loom::model(|| {
        let board = board();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let child = admit(&board).expect("the board is open");
                let board = Arc::clone(&board);
                thread::spawn(move || leave(&board, child))
            })
            .collect();
        wait_until_empty(&board);
        assert_eq!(board.snapshot(Instant::now()).totals.finished, 2);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// A handle spawns while the last child leaves and the scope waits to close: either the new child is
/// refused, or the wait included it. It is never admitted to a scope that has been reported.
#[test]
fn loom_no_child_slips_in_between_empty_and_closed() {
    loom::model(|| {
        let board = board();
        let first = admit(&board).expect("the board is open");
        let spawner = {
            let board = Arc::clone(&board);
            thread::spawn(move || {
                leave(&board, first);
                match admit(&board) {
                    Some(second) => {
                        leave(&board, second);
                        2
                    }
                    None => 1,
                }
            })
        };
        wait_until_empty(&board);
        let reported = board.snapshot(Instant::now()).totals;
        assert_eq!(
            reported.still_running, 0,
            "the wait ended with a child admitted after it"
        );
        assert_eq!(spawner.join().unwrap(), reported.finished);
        assert!(board.is_closed());
    });
}

/// A child is admitted and spawned while the scope aborts: it is refused, or aborted, whether its
/// handle arrives before or after.
#[test]
fn loom_a_child_spawned_during_the_abort_is_aborted() {
    loom::model(|| {
        let board = board();
        let task = Flag::new();
        let spawner = {
            let (board, task) = (Arc::clone(&board), task.clone());
            thread::spawn(move || {
                let child = admit(&board)?;
                board.attach(child, &task);
                Some(child)
            })
        };
        board.abort_all();
        if let Some(child) = spawner.join().unwrap() {
            assert!(task.is_raised(), "the child was admitted and would run on");
            leave(&board, child);
        }
        assert!(admit(&board).is_none());
    });
}

/// The scope gives up waiting (its deadline) while the last child leaves: the child is in the report
/// once, as ended or as still running.
#[test]
fn loom_a_child_that_ends_at_the_deadline_is_reported_once() {
    loom::model(|| {
        let board = board();
        let child = admit(&board).expect("the board is open");
        let leaver = {
            let board = Arc::clone(&board);
            thread::spawn(move || leave(&board, child))
        };
        board.begin_shutdown();
        board.abort_all();
        let report = board.snapshot(Instant::now());
        assert_eq!(report.totals.children(), 1);
        assert_eq!(report.children.len(), 1);
        leaver.join().unwrap();
        wait_until_empty(&board);
    });
}

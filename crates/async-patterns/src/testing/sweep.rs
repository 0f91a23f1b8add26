//! The sweep over all points of a future.

use std::fmt;
use std::iter;
use std::marker::PhantomData;
use std::time::Duration;

use super::point::{CancelPoint, Violation, Visited};
use super::round::{Flavor, Hook, Plan};

/// Cancels a future at every point where it can be cancelled and checks what is left.
///
/// Answers the trap [`cancel_unsafe_in_select`](https://async-patterns.github.io/book/traps/cancel_unsafe_in_select.html).
///
/// `make` builds fresh state for each round. `body` is the future under test; it borrows the
/// state, so that what it did before it was dropped is still there to be looked at. Nothing runs
/// until [`check`](CancelAtEveryPoll::check) (or one of its variants) is given the check:
///
/// ```
/// # use async_patterns::testing::cancel_at_every_poll;
/// # use tokio::sync::Semaphore;
/// cancel_at_every_poll(|| Semaphore::new(3), async |s| drop(s.acquire_many(2).await))
///     .check(|_, s| assert_eq!(s.available_permits(), 3));
/// ```
///
/// The points, in this order: before the first poll; then for each poll that returns `Pending`
/// right after it and, in the next round, after the wake that follows it; at last the completed
/// future (see [`CancelPoint`]). Only polls of the given future count, not those of tasks it
/// spawns.
///
/// Each round runs on a new current-thread runtime whose clock is paused, so timers cost no time
/// and rounds cannot disturb each other: `make`, the future, the hook and the check may spawn
/// tasks and make timers. [`also_multi_thread`](CancelAtEveryPoll::also_multi_thread) adds a
/// stress run.
///
/// A `tokio::select!` without `biased` polls its branches in random order, so different rounds
/// take different ways through it; use `biased` in the code under test, or call this in a loop.
///
/// # Panics
///
/// When called on a thread that already drives a runtime, for instance in a `#[tokio::test]`: use
/// a plain `#[test]`.
///
/// # Examples
///
/// A "read message" that takes a message out of the channel and then suspends before it has
/// stored it is not cancel safe, and the report says where it breaks:
///
/// ```
/// use async_patterns::testing::{CancelPoint, cancel_at_every_poll};
/// use tokio::sync::mpsc;
///
/// struct State {
///     inbox: mpsc::Receiver<u32>,
///     stored: Option<u32>,
/// }
///
/// let violation = cancel_at_every_poll(
///     || {
///         let (tx, inbox) = mpsc::channel(1);
///         tx.try_send(7).unwrap();
///         State { inbox, stored: None }
///     },
///     async |state| {
///         let message = state.inbox.recv().await;
///         tokio::task::yield_now().await; // A cancel here loses `message`.
///         state.stored = message;
///     },
/// )
/// .try_check(|_, mut state| assert!(state.stored.or(state.inbox.try_recv().ok()).is_some()))
/// .unwrap_err();
///
/// assert_eq!(violation.point(), CancelPoint::Suspended { polls: 1 });
/// ```
pub fn cancel_at_every_poll<'a, S, T, M, B>(make: M, body: B) -> CancelAtEveryPoll<'a, S, T, M, B>
where
    M: FnMut() -> S,
    B: AsyncFnMut(&mut S) -> T,
{
    assert!(
        tokio::runtime::Handle::try_current().is_err(),
        "cancel_at_every_poll builds a runtime for each round and cannot run inside another one; \
         call it from a plain `#[test]` function instead of a `#[tokio::test]`",
    );
    CancelAtEveryPoll {
        make,
        body,
        drive: None,
        max_polls: 1_000,
        patience: Duration::from_secs(5),
        stress_sweeps: 0,
        output: PhantomData,
    }
}

/// A sweep that is ready to run. Made by [`cancel_at_every_poll`].
#[must_use = "nothing runs until `check` is called"]
pub struct CancelAtEveryPoll<'a, S, T, M, B> {
    make: M,
    body: B,
    drive: Option<Drive<'a, S>>,
    max_polls: usize,
    patience: Duration,
    stress_sweeps: usize,
    output: PhantomData<fn() -> T>,
}

type Drive<'a, S> = Box<dyn FnMut(&mut S) -> Hook<'a> + 'a>;

impl<'a, S, T, M, B> CancelAtEveryPoll<'a, S, T, M, B>
where
    M: FnMut() -> S,
    B: AsyncFnMut(&mut S) -> T,
{
    /// Supplies from outside what the future waits for.
    ///
    /// `start` is called once a round with the fresh state, takes from it what it needs (a clone
    /// of a sender, say), and returns the hook. The hook is called after each poll that returned
    /// `Pending` and before the wait for a wake, with the number of polls so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::testing::cancel_at_every_poll;
    /// # use std::sync::Arc;
    /// # use tokio::sync::Notify;
    /// cancel_at_every_poll(|| Arc::new(Notify::new()), async |bell| bell.notified().await)
    ///     .drive(|bell| {
    ///         let bell = bell.clone();
    ///         move |_polls| bell.notify_one()
    ///     })
    ///     .check(|_, _| {});
    /// ```
    pub fn drive<D, H>(mut self, mut start: D) -> Self
    where
        D: FnMut(&mut S) -> H + 'a,
        H: FnMut(usize) + 'a,
    {
        self.drive = Some(Box::new(move |state| Box::new(start(state))));
        self
    }

    /// How many polls the future may take to complete; 1 000 unless set.
    pub fn max_polls(mut self, polls: usize) -> Self {
        self.max_polls = polls;
        self
    }

    /// How long a suspended future may go without a wake, in wall-clock time, before the sweep
    /// fails as [`Stalled`](super::ViolationKind::Stalled); 5 seconds unless set.
    ///
    /// Time on the paused clock does not count: a `sleep` of an hour passes at once.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sweeps `sweeps` more times on a multi-thread runtime (two workers, real clock).
    ///
    /// The future is polled by the calling thread, so it need not be `Send`; what it spawns runs
    /// on the workers. The drop is shifted a little from sweep to sweep, to race it against wakes
    /// that come from there. This is a stress run: it can find a race, not prove that there is
    /// none. For that, use loom.
    pub fn also_multi_thread(mut self, sweeps: usize) -> Self {
        self.stress_sweeps = sweeps;
        self
    }

    /// Runs all rounds and hands each one's [`CancelPoint`] and state to `check`, which panics
    /// (by an assertion) where the state is not as it should be.
    ///
    /// The check also sees the completed future, as the last round.
    ///
    /// # Panics
    ///
    /// With the text of the [`Violation`] when a round goes wrong.
    #[track_caller]
    pub fn check(self, check: impl FnMut(CancelPoint, S)) -> Visited {
        unwrap(self.try_check(check))
    }

    /// [`check`](Self::check) for a check that awaits, for instance to let aborted tasks end.
    ///
    /// # Panics
    ///
    /// With the text of the [`Violation`] when a round goes wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// # use async_patterns::testing::cancel_at_every_poll;
    /// # use std::sync::Arc;
    /// # use tokio::sync::Mutex;
    /// cancel_at_every_poll(|| Arc::new(Mutex::new(0)), async |m| *m.lock().await += 1)
    ///     .check_async(async |at, m| assert_eq!(*m.lock().await, i32::from(at.is_completed())));
    /// ```
    #[track_caller]
    pub fn check_async(self, check: impl AsyncFnMut(CancelPoint, S)) -> Visited {
        unwrap(self.try_check_async(check))
    }

    /// [`check`](Self::check) that returns what broke instead of panicking.
    ///
    /// # Errors
    ///
    /// The first [`Violation`] met.
    pub fn try_check(self, mut check: impl FnMut(CancelPoint, S)) -> Result<Visited, Violation> {
        self.try_check_async(async |point, state| check(point, state))
    }

    /// [`check_async`](Self::check_async) that returns what broke instead of panicking.
    ///
    /// # Errors
    ///
    /// The first [`Violation`] met.
    pub fn try_check_async(
        mut self,
        mut check: impl AsyncFnMut(CancelPoint, S),
    ) -> Result<Visited, Violation> {
        let mut visited = self.sweep(&mut check, || Flavor::Exact)?;
        let mut jitter = 0;
        for _ in 0..self.stress_sweeps {
            let stressed = self.sweep(&mut check, || {
                jitter = next_jitter(jitter);
                Flavor::Stress { jitter }
            })?;
            visited.rounds += stressed.rounds;
        }
        Ok(visited)
    }

    /// Cuts at one point after the other until a round completes.
    fn sweep(
        &mut self,
        check: &mut impl AsyncFnMut(CancelPoint, S),
        mut flavor: impl FnMut() -> Flavor,
    ) -> Result<Visited, Violation> {
        let points = (1..=self.max_polls).flat_map(|polls| {
            [
                CancelPoint::Suspended { polls },
                CancelPoint::Woken { polls },
            ]
        });
        let to_the_end = CancelPoint::Completed {
            polls: self.max_polls,
        };
        let points = iter::once(CancelPoint::Unpolled)
            .chain(points)
            .chain([to_the_end]);
        for (earlier_rounds, cut_at) in points.enumerate() {
            let plan = Plan {
                flavor: flavor(),
                cut_at,
                patience: self.patience,
            };
            let drive = &mut self.drive;
            let mut start = |state: &mut S| drive.as_mut().map(|drive| drive(state));
            let reached = plan.run(&mut self.make, &mut start, &mut self.body, check)?;
            if let CancelPoint::Completed { polls } = reached {
                return Ok(Visited {
                    suspensions: polls - 1,
                    rounds: earlier_rounds + 1,
                });
            }
        }
        unreachable!("the last round completes or fails as StillPending")
    }
}

impl<S, T, M, B> fmt::Debug for CancelAtEveryPoll<'_, S, T, M, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelAtEveryPoll")
            .field("max_polls", &self.max_polls)
            .field("patience", &self.patience)
            .field("stress_sweeps", &self.stress_sweeps)
            .finish_non_exhaustive()
    }
}

/// The spins before the next drop: spread over the time a wake takes to cross threads, and the
/// same in every run.
fn next_jitter(jitter: usize) -> usize {
    (jitter + 397) % 2_048
}

#[track_caller]
fn unwrap(result: Result<Visited, Violation>) -> Visited {
    match result {
        Ok(visited) => visited,
        Err(violation) => panic!("{violation}"),
    }
}

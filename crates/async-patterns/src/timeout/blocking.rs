//! A time limit for work that does not yield.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project::pin_project;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{Instant, Sleep, sleep_until};

use super::deadline::Deadline;
use super::error::BlockingTimeoutError;
use super::stop_flag::StopFlag;

/// How long expired work may take to notice its flag, unless
/// [`with_grace`](BlockingTimeout::with_grace) says otherwise. Ten times the millisecond or so
/// at which work should look.
const DEFAULT_GRACE: Duration = Duration::from_millis(10);

/// Runs CPU work on the blocking pool and gives it at most `limit` from now.
///
/// Answers the trap [`timeout_over_cpu_work`](https://async-patterns.github.io/book/traps/timeout_over_cpu_work.html).
///
/// A `timeout` around CPU work cannot fire: it is looked at between polls, and there is none
/// while the work computes. Nor can a thread be stopped from outside. So the work gets a
/// [`StopFlag`] and has to look at it. When the limit has passed the flag is raised, the work has a
/// [grace period](BlockingTimeout::with_grace) to return in, and the error says whether the
/// thread has stopped. If it has not, the error holds a handle that waits until it does.
///
/// The work is queued at once, not at the first poll. While all threads of the pool are busy it
/// waits, and this wait counts; work that was not started within the limit never runs.
///
/// To find the threads that are still running at shutdown, move a
/// [`TaskTracker::token`](tokio_util::task::TaskTracker::token) into the closure and wait for the
/// tracker. Where nothing bounds the work at all (a file watcher, an event loop), use a thread of
/// its own instead.
///
/// # Cancel safety
///
/// Dropping it at any point raises the flag, and with it the result is lost: work that was not
/// started never runs, work that was started is asked to stop.
///
/// # Errors
///
/// [`BlockingTimeoutError`]: the limit has passed, and the work has stopped, is still running, or
/// was never started; or the runtime is gone.
///
/// # Panics
///
/// When called outside of a tokio runtime with time enabled. Awaiting it carries on a panic of
/// the work, and panics when its runtime is shut down while the work is running.
///
/// # Examples
///
/// ```
/// use async_patterns::timeout::{BlockingTimeoutError, blocking_timeout};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let result = blocking_timeout(Duration::from_millis(20), |stop| {
///     let mut tries = 0_u64;
///     while !stop.is_raised() {
///         tries += 1; // Search for something that is not there.
///     }
///     tries
/// })
/// .with_grace(Duration::from_secs(5))
/// .await;
///
/// match result {
///     Err(BlockingTimeoutError::Stopped { output: tries, .. }) => assert!(tries > 0),
///     other => panic!("{other:?}"),
/// }
/// # }
/// ```
pub fn blocking_timeout<T, W>(limit: Duration, work: W) -> BlockingTimeout<T>
where
    T: Send + 'static,
    W: FnOnce(StopFlag) -> T + Send + 'static,
{
    let deadline = Deadline::after(limit).instant();
    BlockingTimeout {
        work: Some(BlockingWork::spawn(work)),
        deadline,
        grace: DEFAULT_GRACE,
        expired: false,
        timer: sleep_until(deadline),
    }
}

/// CPU work with a time limit. Made by [`blocking_timeout`].
#[must_use = "dropping it asks the work to stop"]
#[pin_project]
pub struct BlockingTimeout<T> {
    /// Gone once this has resolved.
    work: Option<BlockingWork<T>>,
    deadline: Instant,
    grace: Duration,
    /// Whether the flag was raised; the timer then runs for the grace period.
    expired: bool,
    #[pin]
    timer: Sleep,
}

impl<T> BlockingTimeout<T> {
    /// How long the work has, once it was asked to stop, before the error says that it is
    /// [still running](BlockingTimeoutError::StillRunning); 10 milliseconds unless set.
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }
}

impl<T> Future for BlockingTimeout<T> {
    type Output = Result<T, BlockingTimeoutError<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let overrun = || Deadline::at(*this.deadline).overrun();
        let work = this
            .work
            .as_mut()
            .expect("`BlockingTimeout` polled after it completed");
        loop {
            if let Poll::Ready(result) = Pin::new(&mut work.thread).poll(cx) {
                *this.work = None;
                return Poll::Ready(match output_of(result) {
                    // Only a raise before the start leaves the work without an output, and that
                    // is answered below.
                    None => Err(BlockingTimeoutError::RuntimeGone),
                    Some(output) if *this.expired => Err(BlockingTimeoutError::Stopped {
                        output,
                        overrun: overrun(),
                    }),
                    Some(output) => Ok(output),
                });
            }
            ready!(this.timer.as_mut().poll(cx));
            if *this.expired {
                let work = this.work.take().expect("it was there above");
                return Poll::Ready(Err(BlockingTimeoutError::StillRunning {
                    work,
                    overrun: overrun(),
                }));
            }
            if !work.stop.raise_and_see_if_started() {
                *this.work = None;
                return Poll::Ready(Err(BlockingTimeoutError::NotStarted { overrun: overrun() }));
            }
            *this.expired = true;
            // The next pass polls the timer, which makes it wake this task.
            let grace = Deadline::after(*this.grace).instant();
            this.timer.as_mut().reset(grace);
        }
    }
}

/// Blocking work that is on its own: awaiting it waits for its thread to stop.
///
/// It comes out of [`BlockingTimeoutError::StillRunning`], with the flag up. Dropping it lets go
/// of the thread.
///
/// # Cancel safety
///
/// Awaiting it by `&mut` is cancel safe: the output stays until it is returned.
///
/// # Panics
///
/// Awaiting it carries on a panic of the work, and panics when polled after completion.
#[must_use = "await it to know when the thread has stopped"]
pub struct BlockingWork<T> {
    thread: JoinHandle<Option<T>>,
    stop: StopFlag,
}

impl<T> BlockingWork<T> {
    fn spawn<W>(work: W) -> Self
    where
        T: Send + 'static,
        W: FnOnce(StopFlag) -> T + Send + 'static,
    {
        let stop = StopFlag::new();
        let thread = spawn_blocking({
            let stop = stop.clone();
            move || stop.start().then(|| work(stop))
        });
        Self { thread, stop }
    }

    /// Whether the thread has stopped.
    pub fn has_stopped(&self) -> bool {
        self.thread.is_finished()
    }
}

impl<T> Future for BlockingWork<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let result = ready!(Pin::new(&mut self.thread).poll(cx));
        // Users only get hold of work that was started, and the pool drops none of that.
        let output = output_of(result).expect("work that was started has an output");
        Poll::Ready(output)
    }
}

impl<T> Drop for BlockingWork<T> {
    fn drop(&mut self) {
        self.stop.raise();
    }
}

/// The output, or `None` of work that never ran: refused by its flag, or dropped by the shutdown
/// of the runtime.
fn output_of<T>(result: Result<Option<T>, JoinError>) -> Option<T> {
    result.unwrap_or_else(|error| {
        if error.is_panic() {
            resume_unwind(error.into_panic());
        }
        None
    })
}

impl<T> fmt::Debug for BlockingTimeout<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingTimeout")
            .field("deadline", &self.deadline)
            .field("grace", &self.grace)
            .field("expired", &self.expired)
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for BlockingWork<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingWork")
            .field("stopped", &self.has_stopped())
            .field("asked_to_stop", &self.stop.is_raised())
            .finish_non_exhaustive()
    }
}

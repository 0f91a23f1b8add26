//! One child of a scope: its seat on the board, and the future that gives the seat up.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project::{pin_project, pinned_drop};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Outcome;
use super::board::ChildId;
use super::panic::{TaskPanic, catch};
use super::shared::Shared;

/// A child's entry on the board. Exactly one outcome leaves it: the one given to
/// [`end`](Self::end), or "cancelled" when it is dropped without.
pub(super) struct Seat {
    shared: Arc<Shared>,
    id: ChildId,
    ended: bool,
}

impl Seat {
    pub(super) fn new(shared: Arc<Shared>, id: ChildId) -> Self {
        Self {
            shared,
            id,
            ended: false,
        }
    }

    pub(super) fn start(&self) {
        self.shared.board.start(self.id, Instant::now());
    }

    pub(super) fn end(mut self, outcome: Result<Outcome, TaskPanic>) {
        self.leave(outcome);
    }

    fn leave(&mut self, outcome: Result<Outcome, TaskPanic>) {
        if !std::mem::replace(&mut self.ended, true) {
            self.shared.child_ended(self.id, outcome);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Not `thread::panicking()`: a runtime that is dropped by a panicking thread drops its
        // tasks too, and these were cancelled, not panicked.
        self.leave(Ok(Outcome::Cancelled));
    }
}

/// Runs a child's future and gives its seat up when the future is gone, not only done: a destructor
/// that takes long, or panics, is part of the child.
#[pin_project(PinnedDrop)]
pub(super) struct Seated<F> {
    /// `None` once it has been dropped.
    #[pin]
    future: Option<F>,
    seat: Option<Seat>,
}

impl<F: Future<Output = Outcome>> Seated<F> {
    pub(super) fn new(seat: Seat, future: F) -> Self {
        Self {
            future: Some(future),
            seat: Some(seat),
        }
    }
}

impl<F: Future<Output = Outcome>> Future for Seated<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let polled = catch(|| match this.future.as_mut().as_pin_mut() {
            Some(future) => future.poll(cx),
            // Polled after the end; tokio does not, and there is nothing left to do.
            None => Poll::Ready(Outcome::Finished),
        });
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => Ok(outcome),
            Err(panic) => Err(panic),
        };
        let dropped = catch(|| this.future.set(None));
        if let Some(seat) = this.seat.take() {
            // The first panic counts; a second one in the destructor is its echo.
            seat.end(outcome.and_then(|outcome| dropped.map(|()| outcome)));
        }
        Poll::Ready(())
    }
}

#[pinned_drop]
impl<F> PinnedDrop for Seated<F> {
    fn drop(self: Pin<&mut Self>) {
        let mut this = self.project();
        let dropped = catch(|| this.future.set(None));
        if let Some(seat) = this.seat.take() {
            seat.end(dropped.map(|()| Outcome::Cancelled));
        }
    }
}

/// A child of a [`TaskScope`](super::TaskScope). Dropping the handle does nothing: the child belongs
/// to the scope.
///
/// # Examples
///
/// ```
/// use async_patterns::task::TaskScope;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::new();
/// let child = scope.spawn("poller", |token| async move { token.cancelled().await });
/// child.cancel();
/// let report = scope.shutdown(Duration::from_secs(1)).await;
/// assert_eq!(report.totals().finished, 1);
/// assert!(child.is_finished());
/// # }
/// ```
#[derive(Clone)]
pub struct ChildHandle {
    pub(super) shared: Arc<Shared>,
    pub(super) id: ChildId,
    pub(super) name: Arc<str>,
    pub(super) token: CancellationToken,
}

impl ChildHandle {
    /// The name it was spawned with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The child's token, a child token of the scope's.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Asks the child to stop. If it still waits for its turn, it will not start.
    pub fn cancel(&self) {
        self.token.cancel();
    }

    /// Cancels the child's token and stops it at its next await. A blocking closure or a thread that
    /// runs cannot be stopped, only asked.
    pub fn abort(&self) {
        self.token.cancel();
        self.shared.board.abort(self.id);
    }

    /// Whether the child has ended and everything it owned is dropped.
    pub fn is_finished(&self) -> bool {
        !self.shared.board.is_live(self.id)
    }
}

impl fmt::Debug for ChildHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildHandle")
            .field("name", &self.name)
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

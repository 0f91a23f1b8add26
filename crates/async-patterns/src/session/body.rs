//! What a session runs.

use super::context::SessionContext;

/// Any error, as a session's body returns it. `?` makes one of every error type that is `Send` and
/// `Sync`.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The work of a session.
///
/// There are two traits with the same method, made from one by the [`trait_variant`] crate:
///
/// - `LocalSessionBody` asks nothing of the future. A session drives it on one thread, so it may
///   hold an `Rc` or a lock guard of std's across an await;
/// - `SessionBody` asks for a future that is `Send`, so that the same body can also be spawned as a
///   task of a runtime.
///
/// Whatever implements `SessionBody` implements `LocalSessionBody` too, and the methods that run a
/// body take the latter. Implement one of them. Functions and closures that take a
/// [`SessionContext`] and return a future that is `Send` implement `SessionBody`.
///
/// A body is expected to end soon after [`SessionContext::cancelled`] completes, with what it has
/// to clean up done. It may be dropped at an await instead of finished only if the shared runtime
/// is shut down and the body has not ended in time.
///
/// # Examples
///
/// ```
/// use async_patterns::session::{
///     BoxError, RuntimeProfile, Session, SessionBody, SessionContext, SharedRuntime,
/// };
/// use std::time::Duration;
///
/// struct Ticker {
///     period: Duration,
/// }
///
/// impl SessionBody for Ticker {
///     async fn run(self, context: SessionContext) -> Result<(), BoxError> {
///         let ticks = context.counter("ticks");
///         let mut interval = tokio::time::interval(self.period);
///         while context
///             .token()
///             .run_until_cancelled(interval.tick())
///             .await
///             .is_some()
///         {
///             ticks.add(1);
///         }
///         Ok(())
///     }
/// }
///
/// let runtime = SharedRuntime::new(RuntimeProfile::test());
/// let session = Session::new("ticker", &runtime)?;
/// session.start(Ticker { period: Duration::from_millis(1) })?;
/// assert!(session.stop(Duration::from_secs(5))?.is_ok());
/// # let _ = runtime.shutdown(Duration::from_secs(5));
/// # Ok::<(), async_patterns::session::SessionError>(())
/// ```
///
/// [`trait_variant`]: https://docs.rs/trait-variant
#[trait_variant::make(SessionBody: Send)]
pub trait LocalSessionBody {
    /// Does the work until it is done or the context says stop.
    ///
    /// # Errors
    ///
    /// Whatever made the work fail: it becomes
    /// [`SessionOutcome::Failed`](super::SessionOutcome::Failed) and the session's last error.
    async fn run(self, context: SessionContext) -> Result<(), BoxError>;
}

impl<F, Fut> SessionBody for F
where
    F: FnOnce(SessionContext) -> Fut + Send,
    Fut: Future<Output = Result<(), BoxError>> + Send,
{
    async fn run(self, context: SessionContext) -> Result<(), BoxError> {
        self(context).await
    }
}

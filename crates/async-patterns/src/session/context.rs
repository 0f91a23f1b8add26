//! What a running body has in hand, and the figures it leaves for its host.

use std::fmt;
use std::mem;
#[cfg(unix)]
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

#[cfg(unix)]
use super::descriptors::SessionFds;
use super::last_error::LastError;
use super::lifecycle::Lifecycle;

/// What a body is given: the request to stop, its descriptors, and ways to tell its host something.
///
/// # Examples
///
/// ```
/// use async_patterns::session::{BoxError, SessionContext};
/// use tokio::sync::mpsc;
///
/// async fn count(
///     context: SessionContext,
///     mut packets: mpsc::Receiver<Vec<u8>>,
/// ) -> Result<(), BoxError> {
///     let bytes = context.counter("bytes");
///     let token = context.token();
///     while let Some(Some(packet)) = token.run_until_cancelled(packets.recv()).await {
///         bytes.add(packet.len() as u64);
///     }
///     Ok(())
/// }
/// # use async_patterns::session::{RuntimeProfile, Session, SharedRuntime};
/// # let session = Session::new("s", &SharedRuntime::new(RuntimeProfile::test()))?;
/// # let (tx, rx) = mpsc::channel(1);
/// # tx.try_send(vec![0; 40]).unwrap();
/// # drop(tx);
/// # session.run_on_this_thread(async move |context: SessionContext| count(context, rx).await)?;
/// # assert_eq!(session.stats().counter("bytes"), Some(40));
/// # Ok::<(), async_patterns::session::SessionError>(())
/// ```
pub struct SessionContext {
    pub(super) name: Arc<str>,
    pub(super) run: u64,
    pub(super) token: CancellationToken,
    pub(super) lifecycle: Arc<Lifecycle<CancellationToken>>,
    pub(super) counters: Counters,
    #[cfg(unix)]
    pub(super) fds: SessionFds,
}

impl SessionContext {
    /// The session's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which run of the session this is; the first is 1.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// Completes when the session is to stop. It is tokio-util's
    /// [`CancellationToken::cancelled`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    pub fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    /// Whether the session is to stop.
    pub fn is_cancelled(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The token behind [`cancelled`](Self::cancelled), to be handed on to tasks. It is cancelled
    /// when the body has ended, too, so that tasks it left behind do not outlive it unnoticed.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Takes the descriptor at `index`, in the order the host gave them. Those nobody takes are
    /// closed when the context is dropped.
    #[cfg(unix)]
    pub fn take_fd(&mut self, index: usize) -> Option<OwnedFd> {
        self.fds.take(index)
    }

    /// The counter of this name, made if it is new. It belongs to the session, not to the run: a
    /// second run goes on counting where the first ended.
    pub fn counter(&self, name: &str) -> Counter {
        self.counters.get(name)
    }

    /// A figure that somebody else keeps: `read` is called whenever the host asks for
    /// [`stats`](super::Session::stats), on the host's thread, so that a body need not copy figures
    /// that nobody looks at. It replaces the counter or figure of the same name, if there is one, and
    /// stays until the session is dropped or a later run replaces it in turn.
    ///
    /// `read` must be quick and must not wait for the body.
    ///
    /// # Panics
    ///
    /// A panic of `read` is one of the call that asked.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    /// use async_patterns::session::{BoxError, SessionContext};
    ///
    /// async fn body(context: SessionContext) -> Result<(), BoxError> {
    ///     let packets = Arc::new(AtomicU64::new(0)); // a driver's, say
    ///     let seen = packets.clone();
    ///     context.observe("packets", move || seen.load(Relaxed));
    ///     packets.store(7, Relaxed);
    ///     Ok(())
    /// }
    /// # use async_patterns::session::{RuntimeProfile, Session, SharedRuntime};
    /// # let runtime = SharedRuntime::new(RuntimeProfile::test());
    /// # let session = Session::new("driver", &runtime).unwrap();
    /// # assert!(session.run_on_this_thread(body).unwrap().is_ok());
    /// # assert_eq!(session.stats().counter("packets"), Some(7));
    /// ```
    pub fn observe(&self, name: &str, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.counters.observe(name, Arc::new(read));
    }

    /// Sets the session's last error without ending the run, for trouble that the body lives with.
    pub fn record_error(&self, error: impl Into<LastError>) {
        self.lifecycle.record_error(error.into());
    }
}

impl fmt::Debug for SessionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionContext")
            .field("session", &self.name)
            .field("run", &self.run)
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// A figure that a body keeps up to date and any thread reads.
///
/// # Examples
///
/// ```
/// # use async_patterns::session::{SessionContext, BoxError};
/// async fn body(context: SessionContext) -> Result<(), BoxError> {
///     let received = context.counter("received bytes");
///     received.add(1500);
///     assert_eq!(received.get(), 1500);
///     Ok(())
/// }
/// # use async_patterns::session::{RuntimeProfile, Session, SharedRuntime};
/// # let runtime = SharedRuntime::new(RuntimeProfile::test());
/// # let session = Session::new("counting", &runtime).unwrap();
/// # assert!(session.run_on_this_thread(body).unwrap().is_ok());
/// # assert_eq!(session.stats().counter("received bytes"), Some(1500));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Counter {
    // Relaxed throughout: a figure to look at, which orders nothing else.
    value: Arc<AtomicU64>,
}

impl Counter {
    /// Adds `n`; wraps around at 2⁶⁴.
    pub fn add(&self, n: u64) {
        self.value.fetch_add(n, Ordering::Relaxed);
    }

    /// Sets the value, for figures that go up and down.
    pub fn set(&self, value: u64) {
        self.value.store(value, Ordering::Relaxed);
    }

    /// The value now.
    pub fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }
}

/// A session's figures by name, in the order they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    named: Arc<Mutex<Vec<(String, Figure)>>>,
}

#[derive(Clone)]
enum Figure {
    Counted(Counter),
    Observed(Arc<dyn Fn() -> u64 + Send + Sync>),
}

impl fmt::Debug for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counted(counter) => counter.fmt(f),
            Self::Observed(_) => f.write_str("Observed"),
        }
    }
}

impl Counters {
    fn named(&self) -> MutexGuard<'_, Vec<(String, Figure)>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, name: &str) -> Counter {
        let mut named = self.named();
        if let Some((_, Figure::Counted(counter))) = find(&mut named, name) {
            return counter.clone();
        }
        let counter = Counter::default();
        let replaced = put(&mut named, name, Figure::Counted(counter.clone()));
        drop(named);
        drop(replaced);
        counter
    }

    fn observe(&self, name: &str, read: Arc<dyn Fn() -> u64 + Send + Sync>) {
        let replaced = put(&mut self.named(), name, Figure::Observed(read));
        drop(replaced);
    }

    pub(super) fn values(&self) -> Vec<(String, u64)> {
        // An observed figure is read by foreign code: not under the lock.
        let named = self.named().clone();
        named
            .into_iter()
            .map(|(name, figure)| {
                let value = match figure {
                    Figure::Counted(counter) => counter.get(),
                    Figure::Observed(read) => read(),
                };
                (name, value)
            })
            .collect()
    }
}

fn find<'n>(named: &'n mut [(String, Figure)], name: &str) -> Option<&'n mut (String, Figure)> {
    named.iter_mut().find(|(known, _)| known == name)
}

/// Returns the figure that had the name before. It may run code when it is dropped, which is for
/// the caller to do without the lock.
fn put(named: &mut Vec<(String, Figure)>, name: &str, figure: Figure) -> Option<Figure> {
    if let Some((_, known)) = find(named, name) {
        return Some(mem::replace(known, figure));
    }
    named.push((name.to_owned(), figure));
    None
}

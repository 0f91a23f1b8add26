//! What a running body has in hand, and the figures it leaves for its host.

use std::fmt;
#[cfg(unix)]
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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

/// A session's counters by name, in the order they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    named: Arc<Mutex<Vec<(String, Counter)>>>,
}

impl Counters {
    fn get(&self, name: &str) -> Counter {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counter)) = named.iter().find(|(known, _)| known == name) {
            return counter.clone();
        }
        let counter = Counter::default();
        named.push((name.to_owned(), counter.clone()));
        counter
    }

    pub(super) fn values(&self) -> Vec<(String, u64)> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named
            .iter()
            .map(|(name, counter)| (name.clone(), counter.get()))
            .collect()
    }
}

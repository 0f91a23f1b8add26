//! The signals by which a program is asked to end.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::task::Poll;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};

/// What asked the program to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ShutdownSignal {
    /// Ctrl-C at the terminal (SIGINT).
    CtrlC,
    /// SIGTERM, as sent by `kill`, systemd or Kubernetes; on Windows ctrl-break, the closing of the
    /// console or the system's shutdown.
    Terminate,
}

impl fmt::Display for ShutdownSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CtrlC => "ctrl-c",
            Self::Terminate => "terminate",
        })
    }
}

/// Listens for the signals by which a program is asked to end, from the moment it is made.
///
/// The process's own handling of these signals (to die) is off from then on and is not restored,
/// also not when this is dropped: that is how tokio's handlers work. So wait for a second signal
/// while shutting down, or a shutdown that hangs can only be killed.
///
/// # Examples
///
/// ```no_run
/// use async_patterns::task::{ShutdownSignals, TaskScope};
/// use std::time::Duration;
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let mut signals = ShutdownSignals::new()?;
///     let scope = TaskScope::builder().name("server").build();
///     scope.spawn("listener", |token| async move {
///         token.cancelled().await; // accept connections here
///     });
///
///     let signal = signals.recv().await;
///     eprintln!("{signal}: shutting down");
///     tokio::select! {
///         report = scope.shutdown(Duration::from_secs(10)) => {
///             eprintln!("{report}");
///             report.into_clean()?;
///         }
///         signal = signals.recv() => eprintln!("{signal} again: giving up"),
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct ShutdownSignals {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(windows)]
    interrupt: CtrlC,
    #[cfg(windows)]
    others: (CtrlBreak, CtrlClose, CtrlShutdown),
}

impl ShutdownSignals {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// The system's, when the handlers cannot be installed.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose I/O driver is enabled (`enable_all`, `enable_io`).
    #[cfg(unix)]
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// The system's, when the handlers cannot be installed.
    #[cfg(windows)]
    pub fn new() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            others: (ctrl_break()?, ctrl_close()?, ctrl_shutdown()?),
        })
    }

    /// Waits for the next signal. Several of one kind between two calls count as one.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a signal that arrives while nobody waits is returned by the next
    /// call.
    #[cfg(unix)]
    pub async fn recv(&mut self) -> ShutdownSignal {
        poll_fn(|cx| {
            if self.interrupt.poll_recv(cx).is_ready() {
                return Poll::Ready(ShutdownSignal::CtrlC);
            }
            self.terminate
                .poll_recv(cx)
                .map(|_| ShutdownSignal::Terminate)
        })
        .await
    }

    /// Waits for the next signal. Several of one kind between two calls count as one.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: a signal that arrives while nobody waits is returned by the next
    /// call.
    #[cfg(windows)]
    pub async fn recv(&mut self) -> ShutdownSignal {
        let (ctrl_break, ctrl_close, ctrl_shutdown) = &mut self.others;
        poll_fn(|cx| {
            if self.interrupt.poll_recv(cx).is_ready() {
                return Poll::Ready(ShutdownSignal::CtrlC);
            }
            // All three are polled, so that each is registered.
            let asked = [
                ctrl_break.poll_recv(cx).is_ready(),
                ctrl_close.poll_recv(cx).is_ready(),
                ctrl_shutdown.poll_recv(cx).is_ready(),
            ];
            if asked.contains(&true) {
                return Poll::Ready(ShutdownSignal::Terminate);
            }
            Poll::Pending
        })
        .await
    }
}

/// Waits once for a signal by which a program is asked to end.
///
/// It listens from its first poll on; to listen from the program's start, and for a second signal,
/// make [`ShutdownSignals`].
///
/// # Cancel safety
///
/// A signal that arrives between a cancelled call and the next is not seen by the next. Keep a
/// [`ShutdownSignals`] where this counts.
///
/// # Errors
///
/// As [`ShutdownSignals::new`].
///
/// # Panics
///
/// As [`ShutdownSignals::new`].
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let signal = async_patterns::task::shutdown_signal().await?;
/// println!("{signal}: ending");
/// # Ok(())
/// # }
/// ```
pub async fn shutdown_signal() -> io::Result<ShutdownSignal> {
    Ok(ShutdownSignals::new()?.recv().await)
}

//! One TCP session: an ordinary task between a flow and a connection to the world.
//!
//! It knows nothing of packets, phases or wakers. That is what the loop is for.

use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::{Context, Poll};

use async_patterns::timeout::{TimeoutError, fused_timeout};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional_with_sizes};
use tokio::time::Instant;

use crate::config::Limits;
use crate::connector::{Connector, Target, Upstream};
use crate::stack::FlowStream;

/// Bytes that a session carries at a time, each way.
const CARRY: usize = 16 * 1024;

/// Why a session ended early. The flow is then reset.
#[derive(Debug)]
pub enum SessionError {
    /// The target could not be reached.
    Connect(Target, io::Error),
    /// The target did not answer in time.
    ConnectTimeout(Target),
    /// A side broke.
    Broken(io::Error),
    /// Nothing came from either side for too long.
    Idle,
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(target, error) => write!(f, "cannot connect to {target}: {error}"),
            Self::ConnectTimeout(target) => write!(f, "{target} did not answer in time"),
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
            Self::Idle => f.write_str("idle for too long"),
        }
    }
}

impl std::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(_, error) | Self::Broken(error) => Some(error),
            _ => None,
        }
    }
}

/// Connects and relays until both directions have ended. Dropped half way, it resets both sides.
pub(crate) async fn run<C: Connector>(
    flow: FlowStream,
    connector: C,
    target: Target,
    limits: Limits,
) -> Result<(), SessionError> {
    let connecting = fused_timeout(limits.connect, connector.connect(&target)).await;
    let upstream = match connecting {
        Ok(Ok(upstream)) => upstream,
        Ok(Err(error)) => return Err(SessionError::Connect(target, error)),
        Err(_) => return Err(SessionError::ConnectTimeout(target)),
    };
    relay(flow, upstream, limits).await
}

/// Carries bytes both ways, each direction until its end. A reset of one side resets the other.
async fn relay<S: Upstream>(
    flow: FlowStream,
    upstream: S,
    limits: Limits,
) -> Result<(), SessionError> {
    let last = Activity::new();
    let mut upstream = ResetUnlessEnded {
        inner: upstream,
        ended: false,
    };
    {
        let mut flow = Noticed {
            inner: flow,
            last: &last,
        };
        let mut upstream = Noticed {
            inner: &mut upstream.inner,
            last: &last,
        };
        let carry = copy_bidirectional_with_sizes(&mut flow, &mut upstream, CARRY, CARRY);
        let mut carry = pin!(fused_timeout(limits.idle, carry));
        loop {
            match carry.as_mut().await {
                Ok(result) => {
                    result.map_err(SessionError::Broken)?;
                    break;
                }
                Err(TimeoutError::Elapsed { .. }) if last.get().elapsed() < limits.idle => {
                    // There was something since the limit was set. The future goes on where it was.
                    carry.as_mut().reset_at(last.get() + limits.idle);
                }
                Err(_) => return Err(SessionError::Idle),
            }
        }
    }
    upstream.ended = true;
    Ok(())
}

/// Also when the session is cancelled, or panics: half of something must not look like all of it.
struct ResetUnlessEnded<S: Upstream> {
    inner: S,
    ended: bool,
}

impl<S: Upstream> Drop for ResetUnlessEnded<S> {
    fn drop(&mut self) {
        if !self.ended {
            self.inner.reset_on_drop();
        }
    }
}

/// When something was last read, on either side.
struct Activity(Mutex<Instant>);

impl Activity {
    fn new() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn get(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that notes when something was read.
struct Noticed<'a, S> {
    inner: S,
    last: &'a Activity,
}

impl<S: AsyncRead + Unpin> AsyncRead for Noticed<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if polled.is_ready() {
            self.last.note();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noticed<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

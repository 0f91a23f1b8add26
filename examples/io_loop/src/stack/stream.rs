//! The pipe between the loop and a session.
//!
//! A `DuplexStream` knows data and its end, but not the difference between an end and a broken
//! connection: dropping either side looks like a FIN. Data would be cut off without a word. So both
//! sides share two flags, set before the pipe is closed.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

struct Shared {
    /// The session gave up before both directions had ended.
    aborted: AtomicBool,
    /// The application gave up, or the loop did.
    reset: AtomicBool,
    /// The flow's, to be woken by an abort: the loop may be waiting for neither direction.
    waker: Waker,
}

/// Both sides of a new pipe that holds `capacity` bytes each way. `waker` is the flow's.
pub(crate) fn flow_pipe(capacity: usize, waker: Waker) -> (FlowEnd, FlowStream) {
    let (ours, theirs) = duplex(capacity);
    let shared = Arc::new(Shared {
        aborted: AtomicBool::new(false),
        reset: AtomicBool::new(false),
        waker,
    });
    let end = FlowEnd {
        pipe: ours,
        shared: shared.clone(),
        finished: false,
    };
    let stream = FlowStream {
        pipe: theirs,
        shared,
        read_end: false,
        written_end: false,
    };
    (end, stream)
}

/// The loop's side. Dropped before it is [finished](Self::finish), it is a connection reset for the
/// session.
pub(crate) struct FlowEnd {
    pub(crate) pipe: DuplexStream,
    shared: Arc<Shared>,
    finished: bool,
}

impl FlowEnd {
    /// Whether the session gave up.
    pub(crate) fn is_aborted(&self) -> bool {
        self.shared.aborted.load(Ordering::Acquire)
    }

    /// Closes the pipe after both directions have ended.
    pub(crate) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for FlowEnd {
    fn drop(&mut self) {
        if !self.finished {
            self.shared.reset.store(true, Ordering::Release);
        }
    }
}

/// The session's side of a TCP flow: a stream of bytes to and from the application.
///
/// Writing is closed with `shutdown`, which the application sees as a FIN; it can still send. A
/// stream that is dropped before both directions have ended (an end was read, and `shutdown` was
/// called) resets the flow, because what was sent so far may be the half of something: a session
/// that fails, panics or is aborted cannot be taken for one that has finished.
///
/// # Errors
///
/// [`io::ErrorKind::ConnectionReset`] after the application has reset the flow or vanished, once
/// what came before is read.
#[derive(Debug)]
pub struct FlowStream {
    pipe: DuplexStream,
    shared: Arc<Shared>,
    read_end: bool,
    written_end: bool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("aborted", &self.aborted)
            .field("reset", &self.reset)
            .finish_non_exhaustive()
    }
}

impl FlowStream {
    fn is_reset(&self) -> bool {
        self.shared.reset.load(Ordering::Acquire)
    }
}

impl Drop for FlowStream {
    fn drop(&mut self) {
        if !(self.read_end && self.written_end) {
            self.shared.aborted.store(true, Ordering::Release);
            self.shared.waker.wake_by_ref();
        }
    }
}

impl AsyncRead for FlowStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        ready!(Pin::new(&mut self.pipe).poll_read(cx, buffer))?;
        if buffer.filled().len() == filled && buffer.remaining() > 0 {
            if self.is_reset() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            self.read_end = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FlowStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.pipe).poll_write(cx, bytes));
        Poll::Ready(written.map_err(|error| {
            if self.is_reset() {
                io::ErrorKind::ConnectionReset.into()
            } else {
                error
            }
        }))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.pipe).poll_shutdown(cx))?;
        self.written_end = true;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::task::Waker;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::flow_pipe;

    #[tokio::test]
    async fn a_stream_whose_directions_have_ended_is_not_an_abort() {
        let (mut end, mut stream) = flow_pipe(16, Waker::noop().clone());
        end.pipe.shutdown().await.unwrap();
        assert_eq!(stream.read(&mut [0; 4]).await.unwrap(), 0);
        stream.shutdown().await.unwrap();
        drop(stream);
        assert!(!end.is_aborted());
    }

    #[tokio::test]
    async fn a_stream_dropped_early_is_an_abort() {
        let (end, stream) = flow_pipe(16, Waker::noop().clone());
        drop(stream);
        assert!(end.is_aborted());

        let (end, mut stream) = flow_pipe(16, Waker::noop().clone());
        stream.shutdown().await.unwrap();
        drop(stream);
        assert!(end.is_aborted());
    }

    #[tokio::test]
    async fn a_reset_is_told_after_the_data_before_it() {
        let (mut end, mut stream) = flow_pipe(16, Waker::noop().clone());
        end.pipe.write_all(b"last").await.unwrap();
        drop(end);
        let mut buffer = [0; 8];
        assert_eq!(stream.read(&mut buffer).await.unwrap(), 4);
        let read = stream.read(&mut buffer).await.unwrap_err();
        assert_eq!(read.kind(), ErrorKind::ConnectionReset);
        let written = stream.write(b"x").await.unwrap_err();
        assert_eq!(written.kind(), ErrorKind::ConnectionReset);
    }
}

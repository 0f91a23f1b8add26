//! One attempt, from synchronous code, at something that is made to be awaited.
//!
//! Answers the trap [`noop_waker_in_async`](https://async-patterns.github.io/book/traps/noop_waker_in_async.html).
//!
//! A step of a hand-turned loop wants to take what a reader, a writer or a channel has right now,
//! and go on when there is nothing. These functions poll once and never wait.
//!
//! # Invariants
//!
//! - **One poll.** Each function polls its object exactly once. `Ready` is the result, `Pending`
//!   means: not now.
//! - **`Pending` is the truth.** tokio's own objects pretend to be pending once a task has used up
//!   its cooperative budget of 128 operations, and rely on the waker to be called again. Under a
//!   no-op waker that is an object that has data and says it has none. The attempts here run
//!   outside of the budget, so the step must limit itself; [`ReadySet::drain`] takes a budget for
//!   that.
//! - **Nobody is woken by the plain form.** It registers [`Waker::noop`]. Use it in a step that
//!   runs again for a reason of its own, never as the reason to wait: a loop around it is a busy
//!   loop.
//! - **It displaces another waker.** Most objects keep one waker per direction. An attempt replaces
//!   the waker of a task that waits for the same direction of the same object, and that task is
//!   then not woken. Only the one owner of a direction may poll it. Where that owner also waits,
//!   use the `_with` form and hand in the waker that should be woken: the current task's, or a
//!   source's of a [`ReadySet`].
//!
//! # When something else is enough
//!
//! - Channels: `try_recv` and `try_send`.
//! - Sockets: `try_read`, `try_write` of [`tokio::net`].
//! - A future that may be dropped after one poll: `futures::FutureExt::now_or_never`.
//! - Code that is async anyway: `await` it, in a `select!` with the rest.
//!
//! [`ReadySet`]: crate::sync::ReadySet
//! [`ReadySet::drain`]: crate::sync::ReadySet::drain

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::coop::unconstrained;

/// Calls a poll function once with `waker`, outside of tokio's cooperative budget.
///
/// What the other functions of this module are made of; for the `poll_` functions that have none
/// here.
///
/// # Examples
///
/// ```
/// use std::task::{Poll, Waker};
/// use async_patterns::poll::poll_once_with;
///
/// let (_tx, mut closed) = tokio::sync::oneshot::channel::<u32>();
/// let mut tx = _tx;
/// assert!(poll_once_with(Waker::noop(), |cx| tx.poll_closed(cx)).is_pending());
/// closed.close();
/// assert!(poll_once_with(Waker::noop(), |cx| tx.poll_closed(cx)).is_ready());
/// ```
pub fn poll_once_with<T>(waker: &Waker, poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    let attempt = pin!(unconstrained(std::future::poll_fn(poll)));
    attempt.poll(&mut Context::from_waker(waker))
}

/// Polls a future once. Unlike `now_or_never`, the future is kept and can be polled again.
///
/// # Panics
///
/// As the future does; most panic when they are polled after they have completed.
///
/// # Examples
///
/// ```
/// use std::{pin::pin, task::Poll};
/// use async_patterns::poll::try_poll;
///
/// let (tx, rx) = tokio::sync::oneshot::channel();
/// let mut answer = pin!(rx);
/// assert!(try_poll(answer.as_mut()).is_pending());
/// tx.send(7).unwrap();
/// assert_eq!(try_poll(answer.as_mut()), Poll::Ready(Ok(7)));
/// ```
pub fn try_poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    try_poll_with(Waker::noop(), future)
}

/// [`try_poll`] with a waker to be woken on `Pending`.
///
/// # Panics
///
/// As [`try_poll`].
///
/// # Examples
///
/// ```
/// use std::pin::pin;
/// use std::task::Waker;
/// use async_patterns::poll::try_poll_with;
///
/// let waker = Waker::noop(); // the waker of the task that will look again
/// assert!(try_poll_with(waker, pin!(std::future::pending::<()>())).is_pending());
/// ```
pub fn try_poll_with<F: Future + ?Sized>(
    waker: &Waker,
    mut future: Pin<&mut F>,
) -> Poll<F::Output> {
    poll_once_with(waker, |cx| future.as_mut().poll(cx))
}

/// Reads what is there. Returns the number of bytes read; 0 is the end of the stream, or an empty
/// `buffer`.
///
/// # Errors
///
/// Those of the reader.
///
/// # Examples
///
/// ```
/// use std::task::Poll;
/// use async_patterns::poll::{try_poll_read, try_poll_write};
///
/// # fn main() -> std::io::Result<()> {
/// let (mut a, mut b) = tokio::io::duplex(4);
/// let mut buffer = [0; 16];
/// assert!(try_poll_read(&mut b, &mut buffer).is_pending());
///
/// // Four bytes fit.
/// let Poll::Ready(written) = try_poll_write(&mut a, b"hello") else { panic!("there is room") };
/// assert_eq!(written?, 4);
///
/// let Poll::Ready(read) = try_poll_read(&mut b, &mut buffer) else { panic!("there is data") };
/// assert_eq!(&buffer[..read?], b"hell");
///
/// drop(a);
/// assert!(matches!(try_poll_read(&mut b, &mut buffer), Poll::Ready(Ok(0))));
/// # Ok(())
/// # }
/// ```
pub fn try_poll_read<R>(reader: &mut R, buffer: &mut [u8]) -> Poll<io::Result<usize>>
where
    R: AsyncRead + Unpin + ?Sized,
{
    try_poll_read_with(Waker::noop(), reader, buffer)
}

/// [`try_poll_read`] with a waker to be woken on `Pending`.
///
/// # Errors
///
/// As [`try_poll_read`].
///
/// # Examples
///
/// ```
/// use std::task::{Poll, Waker};
/// use async_patterns::poll::try_poll_read_with;
///
/// let mut buffer = [0; 8];
/// let read = try_poll_read_with(Waker::noop(), &mut &b"abc"[..], &mut buffer);
/// assert!(matches!(read, Poll::Ready(Ok(3))));
/// ```
pub fn try_poll_read_with<R>(
    waker: &Waker,
    reader: &mut R,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>>
where
    R: AsyncRead + Unpin + ?Sized,
{
    let mut buffer = ReadBuf::new(buffer);
    poll_once_with(waker, |cx| {
        Pin::new(&mut *reader).poll_read(cx, &mut buffer)
    })
    .map_ok(|()| buffer.filled().len())
}

/// Looks at what is buffered, filling the buffer if it is empty. An empty slice is the end of the
/// stream. Take bytes out with [`AsyncBufRead::consume`].
///
/// # Errors
///
/// Those of the reader.
///
/// # Examples
///
/// ```
/// use std::task::Poll;
/// use async_patterns::poll::try_poll_fill_buf;
///
/// let mut lines = &b"one\ntwo\n"[..];
/// assert!(matches!(try_poll_fill_buf(&mut lines), Poll::Ready(Ok(b"one\ntwo\n"))));
/// ```
pub fn try_poll_fill_buf<R>(reader: &mut R) -> Poll<io::Result<&[u8]>>
where
    R: AsyncBufRead + Unpin + ?Sized,
{
    try_poll_fill_buf_with(Waker::noop(), reader)
}

/// [`try_poll_fill_buf`] with a waker to be woken on `Pending`.
///
/// # Errors
///
/// As [`try_poll_fill_buf`].
///
/// # Examples
///
/// ```
/// use std::task::{Poll, Waker};
/// use async_patterns::poll::try_poll_fill_buf_with;
///
/// let mut text = &b"one"[..];
/// assert!(matches!(try_poll_fill_buf_with(Waker::noop(), &mut text), Poll::Ready(Ok(b"one"))));
/// ```
pub fn try_poll_fill_buf_with<'r, R>(waker: &Waker, reader: &'r mut R) -> Poll<io::Result<&'r [u8]>>
where
    R: AsyncBufRead + Unpin + ?Sized,
{
    // The result borrows from the reader, so it cannot come out of a closure that is called by
    // `&mut`; the reader passes through an option instead.
    let mut reader = Some(Pin::new(reader));
    poll_once_with(waker, |cx| match reader.take() {
        Some(reader) => reader.poll_fill_buf(cx),
        None => Poll::Pending,
    })
}

/// Writes what there is room for. Returns the number of bytes written.
///
/// # Errors
///
/// Those of the writer.
///
/// # Examples
///
/// See [`try_poll_read`].
pub fn try_poll_write<W>(writer: &mut W, bytes: &[u8]) -> Poll<io::Result<usize>>
where
    W: AsyncWrite + Unpin + ?Sized,
{
    try_poll_write_with(Waker::noop(), writer, bytes)
}

/// [`try_poll_write`] with a waker to be woken on `Pending`.
///
/// # Errors
///
/// As [`try_poll_write`].
///
/// # Examples
///
/// ```
/// use std::task::{Poll, Waker};
/// use async_patterns::poll::try_poll_write_with;
///
/// let (mut writer, _reader) = tokio::io::duplex(2);
/// let written = try_poll_write_with(Waker::noop(), &mut writer, b"abc");
/// assert!(matches!(written, Poll::Ready(Ok(2))), "there is room for two");
/// ```
pub fn try_poll_write_with<W>(
    waker: &Waker,
    writer: &mut W,
    bytes: &[u8],
) -> Poll<io::Result<usize>>
where
    W: AsyncWrite + Unpin + ?Sized,
{
    poll_once_with(waker, |cx| Pin::new(&mut *writer).poll_write(cx, bytes))
}

/// Pushes on what the writer has buffered. `Pending` means that not all of it is out; nothing is
/// lost.
///
/// # Errors
///
/// Those of the writer.
///
/// # Examples
///
/// ```
/// use async_patterns::poll::{try_poll_flush, try_poll_read, try_poll_write};
/// use tokio::io::BufWriter;
///
/// let (a, mut b) = tokio::io::duplex(4);
/// let mut a = BufWriter::new(a);
/// assert!(try_poll_write(&mut a, b"hello").is_ready());
/// // Four bytes go out, one has no room yet.
/// assert!(try_poll_flush(&mut a).is_pending());
/// assert!(try_poll_read(&mut b, &mut [0; 4]).is_ready());
/// assert!(try_poll_flush(&mut a).is_ready());
/// ```
pub fn try_poll_flush<W>(writer: &mut W) -> Poll<io::Result<()>>
where
    W: AsyncWrite + Unpin + ?Sized,
{
    try_poll_flush_with(Waker::noop(), writer)
}

/// [`try_poll_flush`] with a waker to be woken on `Pending`.
///
/// # Errors
///
/// As [`try_poll_flush`].
///
/// # Examples
///
/// ```
/// use std::task::Waker;
/// use async_patterns::poll::try_poll_flush_with;
///
/// let mut writer = Vec::new();
/// assert!(try_poll_flush_with(Waker::noop(), &mut writer).is_ready());
/// ```
pub fn try_poll_flush_with<W>(waker: &Waker, writer: &mut W) -> Poll<io::Result<()>>
where
    W: AsyncWrite + Unpin + ?Sized,
{
    poll_once_with(waker, |cx| Pin::new(&mut *writer).poll_flush(cx))
}

/// Begins or continues to close the writing side. Call it until it is `Ready`.
///
/// # Errors
///
/// Those of the writer.
///
/// # Examples
///
/// ```
/// use std::task::Poll;
/// use async_patterns::poll::{try_poll_read, try_poll_shutdown};
///
/// let (mut a, mut b) = tokio::io::duplex(4);
/// assert!(matches!(try_poll_shutdown(&mut a), Poll::Ready(Ok(()))));
/// assert!(matches!(try_poll_read(&mut b, &mut [0; 4]), Poll::Ready(Ok(0))));
/// ```
pub fn try_poll_shutdown<W>(writer: &mut W) -> Poll<io::Result<()>>
where
    W: AsyncWrite + Unpin + ?Sized,
{
    try_poll_shutdown_with(Waker::noop(), writer)
}

/// [`try_poll_shutdown`] with a waker to be woken on `Pending`.
///
/// # Errors
///
/// As [`try_poll_shutdown`].
///
/// # Examples
///
/// ```
/// use std::task::Waker;
/// use async_patterns::poll::try_poll_shutdown_with;
///
/// let mut writer = Vec::new();
/// assert!(try_poll_shutdown_with(Waker::noop(), &mut writer).is_ready());
/// ```
pub fn try_poll_shutdown_with<W>(waker: &Waker, writer: &mut W) -> Poll<io::Result<()>>
where
    W: AsyncWrite + Unpin + ?Sized,
{
    poll_once_with(waker, |cx| Pin::new(&mut *writer).poll_shutdown(cx))
}

/// Takes the next item of a stream, if there is one. `Ready(None)` is its end.
///
/// # Examples
///
/// ```
/// use std::{pin::pin, task::Poll};
/// use async_patterns::poll::try_poll_next;
/// use futures::stream;
///
/// let mut numbers = pin!(stream::iter([1]));
/// assert_eq!(try_poll_next(numbers.as_mut()), Poll::Ready(Some(1)));
/// assert_eq!(try_poll_next(numbers.as_mut()), Poll::Ready(None));
/// ```
pub fn try_poll_next<S: Stream + ?Sized>(stream: Pin<&mut S>) -> Poll<Option<S::Item>> {
    try_poll_next_with(Waker::noop(), stream)
}

/// [`try_poll_next`] with a waker to be woken on `Pending`.
///
/// # Examples
///
/// ```
/// use std::pin::pin;
/// use std::task::{Poll, Waker};
/// use async_patterns::poll::try_poll_next_with;
///
/// let mut numbers = pin!(futures::stream::iter([1]));
/// assert_eq!(try_poll_next_with(Waker::noop(), numbers.as_mut()), Poll::Ready(Some(1)));
/// ```
pub fn try_poll_next_with<S: Stream + ?Sized>(
    waker: &Waker,
    mut stream: Pin<&mut S>,
) -> Poll<Option<S::Item>> {
    poll_once_with(waker, |cx| stream.as_mut().poll_next(cx))
}

/// Takes the next message of a channel, if there is one. `Ready(None)` says that it is closed and
/// empty.
///
/// The same as [`try_recv`](mpsc::Receiver::try_recv), which is enough; here for its
/// [`_with`](try_poll_recv_with) form. For unbounded channels use [`poll_once_with`].
///
/// # Examples
///
/// ```
/// use std::task::Poll;
/// use async_patterns::poll::try_poll_recv;
///
/// let (tx, mut rx) = tokio::sync::mpsc::channel(1);
/// assert!(try_poll_recv(&mut rx).is_pending());
/// tx.try_send(7).unwrap();
/// drop(tx);
/// assert_eq!(try_poll_recv(&mut rx), Poll::Ready(Some(7)));
/// assert_eq!(try_poll_recv(&mut rx), Poll::Ready(None));
/// ```
pub fn try_poll_recv<T>(receiver: &mut mpsc::Receiver<T>) -> Poll<Option<T>> {
    try_poll_recv_with(Waker::noop(), receiver)
}

/// [`try_poll_recv`] with a waker to be woken by the next message.
///
/// # Examples
///
/// ```
/// use std::task::{Poll, Waker};
/// use async_patterns::poll::try_poll_recv_with;
///
/// let (tx, mut rx) = tokio::sync::mpsc::channel(1);
/// assert!(try_poll_recv_with(Waker::noop(), &mut rx).is_pending());
/// tx.try_send(1).unwrap();
/// assert_eq!(try_poll_recv_with(Waker::noop(), &mut rx), Poll::Ready(Some(1)));
/// ```
pub fn try_poll_recv_with<T>(waker: &Waker, receiver: &mut mpsc::Receiver<T>) -> Poll<Option<T>> {
    poll_once_with(waker, |cx| receiver.poll_recv(cx))
}

//! [`ReserveExt`].

use futures_util::Sink;

use super::{FlushReserve, Reserve};

/// Adds [`reserve`](Self::reserve) and [`flush_reserve`](Self::flush_reserve) to every
/// [`Sink`]. None of its names clash with futures' `SinkExt`.
///
/// Answers the trap [`cancel_unsafe_in_select`](https://async-patterns.github.io/book/traps/cancel_unsafe_in_select.html).
///
/// `Vec` and `VecDeque` are sinks too, and have a `reserve` of their own; there, write
/// `ReserveExt::reserve(&mut vec)`.
///
/// # Examples
///
/// An item that a `select!` loop cannot lose:
///
/// ```
/// use async_patterns::sink::ReserveExt;
/// use futures::{SinkExt, StreamExt};
/// use tokio::time::{Duration, interval};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut sink, mut stream) = futures::channel::mpsc::channel(0);
/// sink.feed("first").await?; // The channel is full now.
/// let reader = tokio::spawn(async move {
///     tokio::time::sleep(Duration::from_secs(5)).await;
///     stream.by_ref().take(2).collect::<Vec<_>>().await
/// });
///
/// let mut item = Some("second");
/// let mut heartbeat = interval(Duration::from_secs(1));
/// while item.is_some() {
///     tokio::select! {
///         permit = sink.reserve() => {
///             if let Some(item) = item.take() {
///                 permit?.feed(item)?;
///             }
///         }
///         _ = heartbeat.tick() => {} // The item stays where it is.
///     }
/// }
/// sink.flush().await?;
/// assert_eq!(reader.await?, ["first", "second"]);
/// # Ok(())
/// # }
/// ```
pub trait ReserveExt<Item>: Sink<Item> {
    /// Waits until the sink has room for one item.
    ///
    /// # Errors
    ///
    /// Those of [`Sink::poll_ready`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it holds no item. What the sink did to make room (writing out a
    /// buffer) is kept.
    fn reserve(&mut self) -> Reserve<'_, Self, Item>
    where
        Self: Unpin,
    {
        Reserve::new(self)
    }

    /// Flushes the sink, then waits until it has room for one item.
    ///
    /// For a `select!` loop that feeds: what was fed in the last turn goes out even if this turn
    /// has nothing to send.
    ///
    /// # Errors
    ///
    /// Those of [`Sink::poll_flush`] and [`Sink::poll_ready`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it holds no item, and a flush that was cut short is continued by the next.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::sink::ReserveExt;
    /// use futures::SinkExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), std::convert::Infallible> {
    /// let mut sink = Vec::new();
    /// sink.feed(1).await?;
    /// sink.flush_reserve().await?.send(2)?.await?;
    /// assert_eq!(sink, [1, 2]);
    /// # Ok(())
    /// # }
    /// ```
    fn flush_reserve(&mut self) -> FlushReserve<'_, Self, Item>
    where
        Self: Unpin,
    {
        FlushReserve::new(self)
    }
}

impl<S: Sink<Item> + ?Sized, Item> ReserveExt<Item> for S {}

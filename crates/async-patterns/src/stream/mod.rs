//! Buffered streams whose work goes on while the consumer is busy, and `try_` adapters that
//! let the siblings of an error finish.
//!
//! Answers the trap [`buffered_stream_stall`](https://async-patterns.github.io/book/traps/buffered_stream_stall.html).
//!
//! | problem | item |
//! |---|---|
//! | `buffered(n)` polls its futures only while the consumer polls the stream: a slow consumer stalls them, and a lock or a connection that one of them holds | [`SpawnBufferedExt::spawn_buffered`], [`SpawnBufferedExt::spawn_buffered_unordered`] |
//! | `try_collect`, `try_for_each_concurrent`, `try_join!`, `try_join_all` drop what is under way at the first error | [`ThenTryExt::collect_then_try`], [`ThenTryExt::for_each_concurrent_then_try`], [`join_then_try!`], [`join_all_then_try`] |
//!
//! The traits have names of their own and can be imported beside futures':
//!
//! ```
//! use async_patterns::sink::ReserveExt;
//! use async_patterns::stream::{SpawnBufferedExt, ThenTryExt};
//! use futures::{SinkExt, StreamExt, TryStreamExt, stream};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let doubled: Vec<u32> = stream::iter(1..=3)
//!     .map(|n| async move { Ok::<_, std::convert::Infallible>(n * 2) })
//!     .spawn_buffered(2)
//!     .collect_then_try()
//!     .await?;
//! let same: Vec<u32> = stream::iter(doubled)
//!     .map(Ok::<_, std::fmt::Error>)
//!     .try_collect()
//!     .await?;
//!
//! let mut sink = Vec::new();
//! for n in same {
//!     sink.feed(n).await?;
//!     sink.flush_reserve().await?.feed(n)?;
//! }
//! assert_eq!(sink, [2, 2, 4, 4, 6, 6]);
//! # Ok(())
//! # }
//! ```

mod collect_then_try;
mod for_each_concurrent_then_try;
mod join_all_then_try;
mod join_then_try;
mod spawn_buffered;
mod then_try_ext;

pub use crate::join_then_try;
pub use collect_then_try::CollectThenTry;
pub use for_each_concurrent_then_try::ForEachConcurrentThenTry;
pub use join_all_then_try::{JoinAllThenTry, join_all_then_try};
pub use spawn_buffered::{SpawnBuffered, SpawnBufferedExt, TaskQueue};
pub use then_try_ext::ThenTryExt;

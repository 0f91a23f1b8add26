//! A set of wakers for one task.
//!
//! | problem | item |
//! |---|---|
//! | one task drives thousands of sources and must know which of them were woken | [`ReadySet`] |
//!
//! For everything else about locks and signals use [`tokio::sync`].

mod ready_set;

pub use ready_set::{ReadySet, SourceId};

//! Lints about tasks: how they end, how many there are, and who waits for them.

mod blocking_task_in_join_set;
mod detached_task;
mod unbounded_concurrency;
mod unending_spawn_blocking;

pub(crate) use blocking_task_in_join_set::BlockingTaskInJoinSet;
pub(crate) use detached_task::DetachedTask;
pub(crate) use unbounded_concurrency::UnboundedConcurrency;
pub(crate) use unending_spawn_blocking::UnendingSpawnBlocking;

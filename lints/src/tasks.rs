//! Lints about tasks: how they end, how many there are, who waits for them, and what may be one.

mod blocking_task_in_join_set;
mod detached_task;
mod send_variants;
mod spawn_needs_send_variant;
mod unbounded_concurrency;
mod unending_spawn_blocking;

pub(crate) use blocking_task_in_join_set::BlockingTaskInJoinSet;
pub(crate) use detached_task::DetachedTask;
pub(crate) use spawn_needs_send_variant::SpawnNeedsSendVariant;
pub(crate) use unbounded_concurrency::UnboundedConcurrency;
pub(crate) use unending_spawn_blocking::UnendingSpawnBlocking;

//! Solutions of the exercises on the traps' pages, one file a trap, with what they claim as tests.

#[cfg(test)]
mod async_guard_across_await;
#[cfg(test)]
mod block_in_place_in_join;
#[cfg(test)]
mod block_in_place_in_test;
#[cfg(test)]
mod block_on_in_async;
#[cfg(test)]
mod blocking_call_in_async;
#[cfg(test)]
mod blocking_pool_exhaustion;
#[cfg(test)]
mod blocking_task_in_join_set;
#[cfg(test)]
mod buffered_stream_stall;
#[cfg(test)]
mod callback_with_one_lifetime;
#[cfg(test)]
mod cancel_unsafe_in_select;
#[cfg(test)]
mod completion_read_cancelled;
#[cfg(test)]
mod detached_task;
#[cfg(test)]
mod dropped_handle_does_not_cancel;
#[cfg(test)]
mod ffi_panic_aborts;
#[cfg(test)]
mod futurelock;
#[cfg(test)]
mod idle_timer_in_select_loop;
#[cfg(test)]
mod impl_trait_captures;
#[cfg(test)]
mod lagged_ignored;
#[cfg(test)]
mod large_value_across_await;
#[cfg(test)]
mod never_polled;
#[cfg(test)]
mod no_parallelism_without_spawn;
#[cfg(test)]
mod noop_waker_in_async;
#[cfg(test)]
mod pending_without_wake;
#[cfg(test)]
mod pinned_handle_moved;
#[cfg(test)]
mod polled_after_completion;
#[cfg(test)]
mod queue_place_lost_in_select;
#[cfg(all(test, unix))]
mod raw_fd_into_task;
#[cfg(test)]
mod select_loop_without_cancellation;
#[cfg(test)]
mod spawn_needs_send_variant;
#[cfg(test)]
mod stack_overflow_by_future;
#[cfg(test)]
mod state_in_two_futures;
#[cfg(test)]
mod std_guard_across_await;
#[cfg(test)]
mod timeout_over_cpu_work;
#[cfg(test)]
mod timer_reset_in_select_loop;
#[cfg(test)]
mod unbounded_concurrency;
#[cfg(test)]
mod unending_spawn_blocking;

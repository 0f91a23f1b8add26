//! Lints about timers and deadlines.

mod fresh;
mod idle_timer_in_select_loop;
mod timeout_over_cpu_work;
mod timer_reset_in_select_loop;

pub(crate) use idle_timer_in_select_loop::IdleTimerInSelectLoop;
pub(crate) use timeout_over_cpu_work::TimeoutOverCpuWork;
pub(crate) use timer_reset_in_select_loop::TimerResetInSelectLoop;

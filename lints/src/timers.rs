//! Lints about timers and deadlines.

mod timeout_over_cpu_work;

pub(crate) use timeout_over_cpu_work::TimeoutOverCpuWork;

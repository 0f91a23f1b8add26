// The lint is off by default.
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(blocking_task_in_join_set))]
mod broken;
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(blocking_task_in_join_set))]
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "blocking_task_in_join_set",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None("its work is done by threads, and no future waits for them"),
};

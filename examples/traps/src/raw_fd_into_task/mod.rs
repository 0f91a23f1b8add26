// It is about files, and nobody else waits for their threads.
#[cfg_attr(dylint_lib = "async_patterns_lints", allow(blocking_call_in_async))]
mod broken;
#[cfg_attr(dylint_lib = "async_patterns_lints", allow(blocking_call_in_async))]
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "raw_fd_into_task",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "what goes wrong is the number of a descriptor, and no future waits for it",
    ),
};

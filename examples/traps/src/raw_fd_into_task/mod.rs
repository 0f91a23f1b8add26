mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "raw_fd_into_task",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "what goes wrong is the number of a descriptor, and no future waits for it",
    ),
};

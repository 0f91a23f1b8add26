mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "stack_overflow_by_future",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "it is about the size of a future, and a stack overflow leaves no time to draw one",
    ),
};

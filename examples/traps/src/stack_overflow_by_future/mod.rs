mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "stack_overflow_by_future",
    broken: broken::main,
    fixed: fixed::main,
};

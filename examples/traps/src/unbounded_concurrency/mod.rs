mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "unbounded_concurrency",
    broken: broken::main,
    fixed: fixed::main,
};

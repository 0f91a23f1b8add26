// The lint is off by default.
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(detached_task))]
mod broken;
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(detached_task))]
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "detached_task",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 300 },
};

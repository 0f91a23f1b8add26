#![cfg_attr(dylint_lib = "async_patterns_lints", warn(async_guard_across_await))]

mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "async_guard_across_await",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

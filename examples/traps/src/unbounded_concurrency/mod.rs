// The lint is off by default.
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(unbounded_concurrency))]
mod broken;
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(unbounded_concurrency))]
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "unbounded_concurrency",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None("its 5 000 futures do not fit into a picture"),
};

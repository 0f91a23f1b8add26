// Its sleep stands for computing.
#[cfg_attr(dylint_lib = "async_patterns_lints", allow(blocking_call_in_async))]
mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "no_parallelism_without_spawn",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 15 },
};

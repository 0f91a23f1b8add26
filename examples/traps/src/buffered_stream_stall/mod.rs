// The lint is off by default.
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(buffered_stream_stall))]
mod broken;
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(buffered_stream_stall))]
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "buffered_stream_stall",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "buffered_stream_stall",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

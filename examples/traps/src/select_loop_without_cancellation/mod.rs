mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "select_loop_without_cancellation",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

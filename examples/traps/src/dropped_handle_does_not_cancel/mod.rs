mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "dropped_handle_does_not_cancel",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

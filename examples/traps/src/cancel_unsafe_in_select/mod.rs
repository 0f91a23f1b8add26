mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "cancel_unsafe_in_select",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

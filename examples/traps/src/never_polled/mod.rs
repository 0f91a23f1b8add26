mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "never_polled",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

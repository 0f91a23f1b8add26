mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "futurelock",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

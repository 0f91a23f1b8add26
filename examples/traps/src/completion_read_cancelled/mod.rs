mod broken;
mod fixed;
mod machine;

pub const DEMO: crate::Demo = crate::Demo {
    name: "completion_read_cancelled",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

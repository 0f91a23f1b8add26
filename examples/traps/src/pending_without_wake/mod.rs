mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "pending_without_wake",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 300 },
};

mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "blocking_pool_exhaustion",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 300 },
};

mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "timeout_over_cpu_work",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 300 },
};

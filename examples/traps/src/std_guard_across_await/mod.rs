mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "std_guard_across_await",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 300 },
};

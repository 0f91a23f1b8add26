mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "blocking_call_in_async",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 300 },
};

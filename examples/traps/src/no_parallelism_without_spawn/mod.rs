mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "no_parallelism_without_spawn",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 15 },
};

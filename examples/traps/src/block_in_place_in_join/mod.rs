mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "block_in_place_in_join",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Real { budget: 300 },
};

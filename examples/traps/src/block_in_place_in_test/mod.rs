mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "block_in_place_in_test",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "its future panics in the first poll, before any time has passed",
    ),
};

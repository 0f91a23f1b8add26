mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "block_on_in_async",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "its future panics in the first poll, before any time has passed",
    ),
};

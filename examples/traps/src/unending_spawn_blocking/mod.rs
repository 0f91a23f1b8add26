mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "unending_spawn_blocking",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None("what never ends is a thread, and no future waits for it"),
};

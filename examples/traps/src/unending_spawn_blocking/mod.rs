mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "unending_spawn_blocking",
    broken: broken::main,
    fixed: fixed::main,
};

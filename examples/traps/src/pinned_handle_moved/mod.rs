mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "pinned_handle_moved",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None("it is about where a future lies, and not about when it runs"),
};

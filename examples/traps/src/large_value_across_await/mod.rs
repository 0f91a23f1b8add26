mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "large_value_across_await",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None("it is about the size of futures, and runs none of them"),
};

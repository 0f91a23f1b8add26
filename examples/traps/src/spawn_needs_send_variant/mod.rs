mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "spawn_needs_send_variant",
    broken: || crate::refused::show(include_str!("broken.stderr")),
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "the compiler refuses the broken program, and the fixed one is about types",
    ),
};

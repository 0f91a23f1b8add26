mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "ffi_panic_aborts",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "there is no future in it, and an abort leaves no time to draw one",
    ),
};

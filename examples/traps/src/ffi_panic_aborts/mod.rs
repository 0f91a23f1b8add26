mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "ffi_panic_aborts",
    broken: broken::main,
    fixed: fixed::main,
};

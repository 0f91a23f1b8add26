// The lint is off by default.
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(queue_place_lost_in_select))]
mod broken;
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(queue_place_lost_in_select))]
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "queue_place_lost_in_select",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

// The lint is off by default.
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(idle_timer_in_select_loop))]
mod broken;
#[cfg_attr(dylint_lib = "async_patterns_lints", warn(idle_timer_in_select_loop))]
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "idle_timer_in_select_loop",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "its timers are made and dropped inside of one future, the loop",
    ),
};

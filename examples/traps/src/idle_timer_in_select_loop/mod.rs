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
        "a lane around a timer would hide the timer from the lint that reads this program",
    ),
};

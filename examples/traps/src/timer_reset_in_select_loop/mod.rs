mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "timer_reset_in_select_loop",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "a lane around a timer would hide the timer from the lint that reads this program",
    ),
};

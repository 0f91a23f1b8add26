mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "timer_reset_in_select_loop",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None(
        "its timers are made and dropped inside of one future, the loop",
    ),
};

mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "idle_timer_in_select_loop",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::Paused,
};

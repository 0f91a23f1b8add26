mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "blocking_task_in_join_set",
    broken: broken::main,
    fixed: fixed::main,
    lanes: crate::lanes::Lanes::None("its work is done by threads, and no future waits for them"),
};

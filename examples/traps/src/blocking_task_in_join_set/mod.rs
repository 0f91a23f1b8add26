mod broken;
mod fixed;

pub const DEMO: crate::Demo = crate::Demo {
    name: "blocking_task_in_join_set",
    broken: broken::main,
    fixed: fixed::main,
};

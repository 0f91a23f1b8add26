//! Marking is for everyone, taking marks is for the owner.

use async_patterns::sync::ReadySet;

fn drain(set: &ReadySet<u32>) {
    set.drain(1, |_, _| {});
}

fn main() {}

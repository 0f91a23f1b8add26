//! The same with a runtime that `main` builds.
#![allow(dead_code, unused)]

use std::{fs, io, thread, time::Duration};

use tokio::runtime::Runtime;

async fn connect(address: &str) {
    thread::sleep(Duration::from_secs(1));
}

fn main() -> io::Result<()> {
    let before = fs::read_to_string("address")?;
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let address = fs::read_to_string("address")?;
        loop {
            connect(&address).await;
            fs::write("state", &address)?;
        }
    })
}

/// Nothing else runs on a runtime that was made for the call.
fn a_runtime_for_one_call() -> io::Result<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    runtime.block_on(async {
        let address = fs::read_to_string("address")?;
        connect(&address).await;
        fs::read_to_string("state")
    })
}

/// Of a runtime that was there before nobody knows what runs on it.
fn a_runtime_that_is_given(runtime: &Runtime) -> io::Result<String> {
    runtime.block_on(async { fs::read_to_string("address") })
}

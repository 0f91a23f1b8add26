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

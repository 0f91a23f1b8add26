//! What `main` does once, before its first await, holds nobody up.
#![allow(dead_code, unused)]

use std::{fs, io, thread, time::Duration};

struct Config(String);

impl Config {
    fn load() -> io::Result<Self> {
        Ok(Self(fs::read_to_string("config")?))
    }
}

async fn serve() -> io::Result<()> {
    tokio::task::yield_now().await;
    Ok(())
}

async fn background() {
    thread::sleep(Duration::from_secs(1));
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let config = Config::load()?;
    for name in ["a", "b"] {
        fs::create_dir_all(name)?;
    }
    let task = tokio::spawn(async {
        fs::read("not the start")
    });
    tokio::spawn(background());
    serve().await?;
    thread::sleep(Duration::from_secs(1));
    task.await??;
    Ok(())
}

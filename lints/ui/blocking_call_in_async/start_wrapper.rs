//! A `main` that only awaits one other function.
#![allow(dead_code, unused)]

use std::{fs, io, thread, time::Duration};

async fn serve() -> io::Result<()> {
    tokio::task::yield_now().await;
    Ok(())
}

async fn run() -> io::Result<()> {
    let more = fs::read_to_string("config")?;
    serve().await?;
    fs::write("state", more)
}

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
    }
}

mod wrapped_work {
    use super::*;

    async fn work() {
        thread::sleep(Duration::from_secs(1));
    }

    #[tokio::main]
    async fn start() {
        work().await;
    }

    fn synchronous() {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            thread::sleep(Duration::from_secs(1));
        });
    }
}

//! The service calls the synchronous plug-in on the blocking pool, where a thread may block.
// ANCHOR: program
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;

async fn fetch_price() -> u32 {
    tokio::task::yield_now().await;
    1200
}

/// What the plug-in interface asks for.
fn price() -> u32 {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime starts");
    runtime.block_on(fetch_price())
}

async fn checkout() -> u32 {
    spawn_blocking(price)
        .await
        .expect("the plug-in does not panic")
        * 2
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    println!("fine: the total is {}", checkout().await);
}

//! A plug-in interface is synchronous, so the plug-in makes itself a runtime and blocks on it. That
//! works in its tests, and panics when an async service calls it.
// ANCHOR: program
use tokio::runtime::Builder;

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
    price() * 2
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    println!("fine: the total is {}", checkout().await);
}

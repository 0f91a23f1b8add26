//! The blocks are on the heap, and so is the future of the nested level.
// ANCHOR: program
use std::thread;

async fn read_block() {
    tokio::task::yield_now().await;
}

async fn innermost() -> u8 {
    let block = vec![1_u8; 1024 * 1024];
    read_block().await;
    block[7]
}

async fn middle() -> u8 {
    let block = vec![2_u8; 1024 * 1024];
    Box::pin(innermost()).await + block[7]
}

async fn outermost() -> u8 {
    let block = vec![3_u8; 1024 * 1024];
    Box::pin(middle()).await + block[7]
}

fn import() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime starts");
    println!("fine: imported, checksum {}", runtime.block_on(outermost()));
}

pub fn main() {
    let import = thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(import);
    import
        .expect("a thread starts")
        .join()
        .expect("the import does not panic");
}

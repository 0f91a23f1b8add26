//! An import reads each level of a nested archive into an array on its way down. The future of the
//! outermost level holds all the others, and it is built and moved on the stack before it is ever
//! boxed: that takes more than a thread of 2 MiB has.

#![expect(
    clippy::large_futures,
    clippy::large_stack_arrays,
    reason = "this is the trap that the program shows"
)]
// ANCHOR: program
use std::thread;

async fn read_block() {
    tokio::task::yield_now().await;
}

async fn innermost() -> u8 {
    let block = [1_u8; 1024 * 1024];
    read_block().await;
    block[7]
}

async fn middle() -> u8 {
    let block = [2_u8; 1024 * 1024];
    innermost().await + block[7]
}

async fn outermost() -> u8 {
    let block = [3_u8; 1024 * 1024];
    middle().await + block[7]
}

fn import() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime starts");
    println!("fine: imported, checksum {}", runtime.block_on(outermost()));
}

pub fn main() {
    println!("the future is {} KiB", size_of_val(&outermost()) / 1024);
    let import = thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(import);
    import
        .expect("a thread starts")
        .join()
        .expect("the import does not panic");
}

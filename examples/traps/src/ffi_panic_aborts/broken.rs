//! A library hands a C host one function that decodes a message on a runtime.
//!
//! The message is bad and the decoder panics. Since Rust 1.81 a panic that reaches the frame of an
//! `extern "C"` function aborts the process there: the host dies, and a `catch_unwind` around the
//! call (there is one below, as hopeful hosts have it) never sees the panic.
// ANCHOR: program
use std::panic::catch_unwind;

use tokio::runtime::Builder;

async fn decode(message: &[u8]) -> i32 {
    tokio::task::yield_now().await;
    i32::from(message[0])
}

/// What the C header declares: the message's number, or -1 where it is bad.
// SAFETY: no other function of this program has the name.
#[unsafe(export_name = "traps_message_number_unguarded")]
extern "C" fn message_number(message: *const u8, length: usize) -> i32 {
    // SAFETY: the header asks for `length` readable bytes.
    let message = unsafe { std::slice::from_raw_parts(message, length) };
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime starts");
    runtime.block_on(decode(message))
}

/// Stands for the host.
pub fn main() {
    let empty: [u8; 0] = [];
    let outcome = catch_unwind(|| message_number(empty.as_ptr(), empty.len()));
    println!("fine: the host goes on, with {outcome:?}");
}

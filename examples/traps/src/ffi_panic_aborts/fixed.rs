//! The exported function catches in its own frame and gives the host the error value it expects.
//! `async_patterns::session::ffi_guard` does that, and keeps the message for the host to ask for.
// ANCHOR: program
use std::panic::catch_unwind;

use tokio::runtime::Builder;

async fn decode(message: &[u8]) -> i32 {
    tokio::task::yield_now().await;
    i32::from(message[0])
}

/// What the C header declares: the message's number, or -1 where it is bad.
// SAFETY: no other function of this program has the name.
#[unsafe(export_name = "traps_message_number")]
extern "C" fn message_number(message: *const u8, length: usize) -> i32 {
    let decoded = catch_unwind(|| {
        // SAFETY: the header asks for `length` readable bytes.
        let message = unsafe { std::slice::from_raw_parts(message, length) };
        let runtime = Builder::new_current_thread()
            .build()
            .expect("a runtime starts");
        runtime.block_on(decode(message))
    });
    decoded.unwrap_or(-1)
}

/// Stands for the host.
pub fn main() {
    let empty: [u8; 0] = [];
    let outcome = message_number(empty.as_ptr(), empty.len());
    println!("fine: the host goes on, with {outcome}");
}

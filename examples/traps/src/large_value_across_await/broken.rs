//! A file server reads into a 64 KiB array that lives across its awaits, so the array is a part of
//! the future: every idle download carries one.

#![expect(
    clippy::large_futures,
    clippy::large_stack_arrays,
    reason = "this is the trap that the program shows"
)]
// ANCHOR: program
use std::mem::size_of_val;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::sleep;

const DOWNLOADS: usize = 1_000;

async fn download() -> u64 {
    let mut file: &[u8] = &[7; 4096];
    let mut buffer = [0_u8; 64 * 1024];
    let mut sent = 0;
    loop {
        let read = file.read(&mut buffer).await.expect("the file is in memory");
        if read == 0 {
            return sent;
        }
        sleep(Duration::from_millis(1)).await; // the slow reader at the other end
        sent += buffer[..read].len() as u64;
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let one = download();
    let bytes = size_of_val(&one);
    let sent = one.await;
    let all = bytes * DOWNLOADS / (1024 * 1024);
    println!("sent {sent} bytes through a future of {bytes}");
    println!("symptom: {DOWNLOADS} downloads take {all} MiB, mostly of idle buffers");
}

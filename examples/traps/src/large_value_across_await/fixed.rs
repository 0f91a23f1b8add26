//! The buffer is a `Vec` of the size that a read gives, and it is gone before the slow part: the
//! future holds three words of it.
// ANCHOR: program
use std::mem::size_of_val;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::sleep;

const DOWNLOADS: usize = 1_000;

async fn download() -> u64 {
    let mut file: &[u8] = &[7; 4096];
    let mut sent = 0;
    loop {
        let mut buffer = Vec::with_capacity(8 * 1024);
        let read = file
            .read_buf(&mut buffer)
            .await
            .expect("the file is in memory");
        if read == 0 {
            return sent;
        }
        sent += buffer.len() as u64;
        drop(buffer); // sent
        sleep(Duration::from_millis(1)).await; // the slow reader at the other end
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let one = download();
    let bytes = size_of_val(&one);
    let sent = one.await;
    println!("sent {sent} bytes through a future of {bytes}");
    if bytes < 1024 {
        println!(
            "fine: {DOWNLOADS} downloads take {} KiB",
            bytes * DOWNLOADS / 1024
        );
    } else {
        println!("symptom: each download takes {bytes} bytes");
    }
}

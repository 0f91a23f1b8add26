//! The uploader hands its parts to `spawn_blocking`, which works on every runtime, so the test
//! needs no flavor of its own.
// ANCHOR: program
use std::sync::Arc;

/// A file on its way to the object store, in parts.
struct Upload {
    parts: Arc<[Vec<u8>]>,
}

impl Upload {
    async fn finish(&self) -> u32 {
        let checksum = self.checksum().await;
        tokio::task::yield_now().await; // the request that completes the upload
        checksum
    }

    async fn checksum(&self) -> u32 {
        let parts = Arc::clone(&self.parts);
        let sum = tokio::task::spawn_blocking(move || {
            let bytes = parts.iter().flatten();
            bytes.fold(0, |sum: u32, byte| sum.rotate_left(5) ^ u32::from(*byte))
        });
        sum.await.expect("the checksum does not panic")
    }
}

// What `#[tokio::test] async fn upload_is_complete()` turns into, less the test harness.
#[tokio::main(flavor = "current_thread")]
async fn upload_is_complete() {
    let upload = Upload {
        parts: vec![vec![7; 4096]; 4].into(),
    };
    println!("fine: uploaded, checksum {:08x}", upload.finish().await);
}

pub fn main() {
    upload_is_complete();
}

//! An uploader checks its parts with `block_in_place`. The service runs on a multi-thread runtime,
//! where that works. Its test runs on what `#[tokio::test]` gives it: a current-thread runtime,
//! which has no second worker to hand its tasks to, so `block_in_place` panics.
// ANCHOR: program
/// A file on its way to the object store, in parts.
struct Upload {
    parts: Vec<Vec<u8>>,
}

impl Upload {
    async fn finish(&self) -> u32 {
        let checksum = self.checksum();
        tokio::task::yield_now().await; // the request that completes the upload
        checksum
    }

    fn checksum(&self) -> u32 {
        tokio::task::block_in_place(|| {
            let bytes = self.parts.iter().flatten();
            bytes.fold(0, |sum: u32, byte| sum.rotate_left(5) ^ u32::from(*byte))
        })
    }
}

// What `#[tokio::test] async fn upload_is_complete()` turns into, less the test harness.
#[tokio::main(flavor = "current_thread")]
async fn upload_is_complete() {
    let upload = Upload {
        parts: vec![vec![7; 4096]; 4],
    };
    println!("fine: uploaded, checksum {:08x}", upload.finish().await);
}

pub fn main() {
    upload_is_complete();
}

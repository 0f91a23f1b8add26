//! A log library takes any storage and writes to it in a task. The trait's `async fn` says nothing
//! about `Send`, so for a storage that is not known yet the task may not be spawned.
// ANCHOR: program
use std::sync::Arc;

trait Storage {
    async fn append(&self, line: String) -> usize;
}

struct Memory;

impl Storage for Memory {
    async fn append(&self, line: String) -> usize {
        line.len()
    }
}

async fn log<S>(storage: Arc<S>, line: String) -> usize
where
    S: Storage + Send + Sync + 'static,
{
    let written = tokio::spawn(async move { storage.append(line).await });
    written.await.unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let written = log(Arc::new(Memory), "started".into()).await;
    println!("fine: {written} bytes");
}

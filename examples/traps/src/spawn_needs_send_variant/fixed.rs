//! `trait_variant::make(Send)` writes the bound that was missing: every future of the trait is
//! `Send`, and an implementation whose future is not does not compile.
// ANCHOR: program
use std::sync::Arc;

#[trait_variant::make(Send)]
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
    written.await.expect("the storage does not panic")
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let written = log(Arc::new(Memory), "started".into()).await;
    println!("fine: {written} bytes written by a task");
}

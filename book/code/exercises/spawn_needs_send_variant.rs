use std::sync::Arc;

// ANCHOR: solution
trait Storage {
    fn load(&self, key: u32) -> impl Future<Output = String> + Send;
}

struct Memory;

impl Storage for Memory {
    async fn load(&self, key: u32) -> String {
        format!("value {key}")
    }
}

fn load_in_background<S>(storage: Arc<S>, key: u32) -> tokio::task::JoinHandle<String>
where
    S: Storage + Send + Sync + 'static,
{
    tokio::spawn(async move { storage.load(key).await })
}
// ANCHOR_END: solution

#[tokio::test]
async fn generic_code_spawns() {
    let loaded = load_in_background(Arc::new(Memory), 7);
    assert_eq!(loaded.await.unwrap(), "value 7");
}

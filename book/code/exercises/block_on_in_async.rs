use tokio::runtime::Runtime;

// ANCHOR: solution
/// A synchronous client, which has a runtime inside.
struct Client {
    /// `None` only while it is dropped: `shutdown_background` takes the runtime by value.
    runtime: Option<Runtime>,
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background(); // waits for nobody, so it may run in async code
        }
    }
}
// ANCHOR_END: solution

impl Client {
    fn new() -> Self {
        let runtime = Some(Runtime::new().expect("a runtime starts"));
        Self { runtime }
    }
}

#[tokio::test]
async fn it_may_be_dropped_in_async_code() {
    drop(Client::new());
}

#[tokio::test]
#[should_panic(expected = "Cannot drop a runtime in a context where blocking is not allowed")]
async fn its_runtime_alone_may_not() {
    let mut client = Client::new();
    drop(client.runtime.take());
}

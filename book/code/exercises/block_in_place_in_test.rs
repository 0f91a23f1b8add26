use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

// ANCHOR: solution
/// Runs `work` here, and moves other tasks out of its way where there is another worker.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(), // a current-thread runtime, or none
    }
}
// ANCHOR_END: solution

#[test]
fn it_works_without_a_runtime() {
    assert_eq!(blocking(|| 7), 7);
}

#[tokio::test]
async fn it_works_on_one_thread() {
    assert_eq!(blocking(|| 7), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_many() {
    let borrowed = [7];
    assert_eq!(blocking(|| borrowed[0]), 7);
}

//! Children may move between threads.

use async_patterns::task::TaskScope;
use std::rc::Rc;

fn main() {
    let scope = TaskScope::new();
    scope.spawn("rc", |_token| async {
        let local = Rc::new(1);
        tokio::task::yield_now().await;
        drop(local);
    });
}

//! A shielded future runs in a task, so it must be `Send`.

use std::rc::Rc;

async fn save() {
    let local = Rc::new(());
    tokio::task::yield_now().await;
    drop(local);
}

fn main() {
    drop(async_patterns::cancel::shield(save()));
}

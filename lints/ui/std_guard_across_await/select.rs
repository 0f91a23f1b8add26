// `select!`, `join!` and their like: handlers run in the outer future, branches are their own.
use std::sync::Mutex;
use std::time::Duration;

async fn other() {}

async fn in_handler(m: &Mutex<u32>) {
    tokio::select! {
        () = other() => {
            let guard = m.lock().unwrap();
            other().await;
            drop(guard);
        }
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
}

async fn around_select(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    tokio::select! {
        () = other() => {}
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
    drop(guard);
}

async fn in_branch(m: &Mutex<u32>) {
    tokio::select! {
        () = async {
            let guard = m.lock().unwrap();
            other().await;
            drop(guard);
        } => {}
        () = other() => {}
    }
}

async fn around_join(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    tokio::join!(other(), other());
    drop(guard);
}

async fn around_futures_select(m: &Mutex<u32>) {
    use futures::FutureExt;
    let guard = m.lock().unwrap();
    futures::select! {
        () = other().fuse() => {}
        complete => {}
    }
    drop(guard);
}

async fn around_timeout(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    let _ = tokio::time::timeout(Duration::from_secs(1), other()).await;
    drop(guard);
}

fn main() {}

// The guard was moved away, or into the future that is awaited, which releases it.
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

async fn other() {}

async fn finish(guard: MutexGuard<'_, u32>) {
    drop(guard);
    other().await;
}

fn consume(_: MutexGuard<'_, u32>) {}

async fn into_function(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    consume(guard);
    other().await;
}

async fn into_awaited(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    finish(guard).await;
}

async fn into_awaited_in_wrapper(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    let _ = tokio::time::timeout(Duration::from_secs(1), finish(guard)).await;
}

async fn into_awaited_block(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    async move {
        drop(guard);
        other().await;
    }
    .await;
}

async fn into_boxed(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    Box::pin(finish(guard)).await;
}

async fn into_pinned(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    let future = finish(guard);
    tokio::pin!(future);
    tokio::select! {
        () = &mut future => {}
        () = other() => {}
    }
}

async fn into_join(a: &Mutex<u32>, b: &Mutex<u32>) {
    tokio::join!(finish(a.lock().unwrap()), finish(b.lock().unwrap()));
    futures::join!(finish(a.lock().unwrap()), other());
}

async fn into_select(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    tokio::select! {
        () = finish(guard) => {}
        () = other() => {}
    }
}

async fn into_function_with_closure(m: Arc<parking_lot::Mutex<u32>>) {
    fn run(work: impl FnOnce() + 'static) {
        work();
    }
    let guard = m.lock_arc();
    run(move || drop(guard));
    other().await;
}

async fn into_closure_called(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    let consume = move || drop(guard);
    consume();
    other().await;
}

async fn on_each_way(m: &Mutex<u32>, which: u8) {
    let guard = m.lock().unwrap();
    match which {
        0 => consume(guard),
        1 => drop(guard),
        _ => return,
    }
    other().await;
}

struct Work<'a> {
    guard: Option<MutexGuard<'a, u32>>,
}

impl Future for Work<'_> {
    type Output = ();

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<()> {
        drop(self.guard.take());
        std::task::Poll::Ready(())
    }
}

async fn into_future_type(m: &Mutex<u32>) {
    let work = Work {
        guard: m.lock().ok(),
    };
    work.await;
}

async fn returned(m: &Mutex<u32>) -> MutexGuard<'_, u32> {
    other().await;
    m.lock().unwrap()
}

async fn sent_away(m: &Mutex<u32>, out: &mut Vec<MutexGuard<'_, u32>>) {
    drop(out.pop());
    other().await;
}

fn main() {}

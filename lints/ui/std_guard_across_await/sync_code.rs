// Guards in code that does not suspend while they are alive.
use std::cell::RefCell;
use std::sync::Mutex;

async fn other() {}

async fn never_suspends(m: &Mutex<u32>) -> u32 {
    let guard = m.lock().unwrap();
    *guard
}

async fn in_closure(m: &Mutex<u32>) {
    let add = |by: u32| {
        let mut guard = m.lock().unwrap();
        *guard += by;
        *guard
    };
    other().await;
    add(1);
    other().await;
}

async fn in_blocking_task(m: std::sync::Arc<Mutex<u32>>) {
    let sum = tokio::task::spawn_blocking(move || {
        let guard = m.lock().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1));
        *guard
    })
    .await;
    println!("{sum:?}");
}

thread_local! {
    static COUNT: RefCell<u32> = const { RefCell::new(0) };
}

async fn in_thread_local() {
    COUNT.with(|count| *count.borrow_mut() += 1);
    COUNT.with_borrow_mut(|count| *count += 1);
    other().await;
}

fn builds_a_future(m: &Mutex<u32>) -> impl Future<Output = ()> {
    let start = *m.lock().unwrap();
    async move {
        other().await;
        println!("{start}");
    }
}

fn blocks_with_guard(m: &Mutex<u32>, runtime: &tokio::runtime::Runtime) {
    let guard = m.lock().unwrap();
    println!("{guard}");
    drop(guard);
    runtime.block_on(async {
        other().await;
    });
}

async fn captured_by_reference(m: &Mutex<u32>) {
    let value = {
        let guard = m.lock().unwrap();
        let read = || *guard;
        read()
    };
    other().await;
    println!("{value}");
}

async fn generic<T: Clone>(m: &Mutex<T>) -> T {
    other().await;
    let copy = m.lock().unwrap().clone();
    other().await;
    copy
}

async fn select_preconditions(m: &Mutex<u32>) {
    tokio::select! {
        () = other(), if *m.lock().unwrap() > 0 => {}
        () = other() => { *m.lock().unwrap() += 1; }
    }
}

#[async_trait::async_trait]
trait Store {
    async fn put(&self, value: u32);
}

struct Memory(Mutex<Vec<u32>>);

#[async_trait::async_trait]
impl Store for Memory {
    async fn put(&self, value: u32) {
        self.0.lock().unwrap().push(value);
        other().await;
        let mut list = self.0.lock().unwrap();
        list.push(value);
    }
}

fn main() {}

// Every form in which async code comes.
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex as Lock;

async fn other() {}

struct Server {
    state: Lock<u32>,
}

impl Server {
    async fn method(&self) {
        let mut state = self.state.lock().unwrap();
        other().await;
        *state += 1;
    }

    async fn by_value(self) {
        let state = self.state.lock().unwrap();
        other().await;
        drop(state);
    }
}

trait Service {
    async fn call(&self);

    async fn provided(&self, lock: &Lock<u32>) {
        let guard = lock.lock().unwrap();
        self.call().await;
        drop(guard);
    }
}

impl Service for Server {
    async fn call(&self) {
        let state = self.state.lock().unwrap();
        other().await;
        drop(state);
    }
}

#[async_trait::async_trait(?Send)]
trait Boxed {
    async fn call(&self);

    async fn with_parameter(&self, guard: std::sync::MutexGuard<'_, u32>) {
        other().await;
        drop(guard);
    }
}

#[async_trait::async_trait(?Send)]
impl Boxed for Server {
    async fn call(&self) {
        let state = self.state.lock().unwrap();
        other().await;
        drop(state);
    }
}

async fn generic<T: Clone, F: Future<Output = ()>>(lock: &Lock<T>, next: F) -> T {
    let guard = lock.lock().unwrap();
    next.await;
    guard.clone()
}

fn block(lock: &Lock<u32>) -> impl Future<Output = ()> {
    async move {
        let guard = lock.lock().unwrap();
        other().await;
        drop(guard);
    }
}

fn boxed(lock: &Lock<u32>) -> Pin<Box<dyn Future<Output = ()> + '_>> {
    Box::pin(async move {
        let guard = lock.lock().unwrap();
        other().await;
        drop(guard);
    })
}

async fn closure(lock: &Lock<u32>) {
    let call = async |by: u32| {
        let mut guard = lock.lock().unwrap();
        other().await;
        *guard += by;
    };
    call(1).await;
}

async fn in_nested_fn() {
    async fn inner(lock: &Lock<u32>) {
        let guard = lock.lock().unwrap();
        other().await;
        drop(guard);
    }
    inner(&Lock::new(1)).await;
}

mod a {
    pub mod b {
        use super::super::other;
        use std::sync as s;

        pub async fn renamed(lock: &s::Mutex<u32>) {
            let guard: s::MutexGuard<'_, u32> = lock.lock().unwrap();
            other().await;
            drop(guard);
        }
    }
}

macro_rules! with_lock {
    ($lock:expr, $then:expr) => {{
        let guard = $lock.lock().unwrap();
        $then;
        drop(guard);
    }};
}

async fn in_macro(lock: &Lock<u32>) {
    with_lock!(lock, other().await);
}

macro_rules! run {
    ($body:block) => {
        $body
    };
}

async fn through_macro(lock: &Lock<u32>) {
    run!({
        let guard = lock.lock().unwrap();
        other().await;
        drop(guard);
    });
}

fn spawned_locally(lock: std::rc::Rc<Lock<u32>>) {
    tokio::task::spawn_local(async move {
        let guard = lock.lock().unwrap();
        other().await;
        drop(guard);
    });
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let lock = Lock::new(1);
    let guard = lock.lock().unwrap();
    other().await;
    drop(guard);
}

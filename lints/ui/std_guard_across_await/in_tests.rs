// compile-flags: --test
// A lock over `()` by which tests wait for each other is fine in a test's own future.
use std::sync::{LazyLock, Mutex, MutexGuard};

static ENVIRONMENT: Mutex<()> = Mutex::new(());
static PORT: LazyLock<parking_lot::Mutex<()>> = LazyLock::new(|| parking_lot::Mutex::new(()));
static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

async fn other() {}

struct RestoreVariable {
    _lock: MutexGuard<'static, ()>,
}

#[tokio::test]
async fn silent_serial() {
    let _guard = ENVIRONMENT.lock().unwrap();
    other().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_serial_port() {
    let _guard = PORT.lock();
    other().await;
}

#[tokio::test]
async fn silent_serial_in_struct() {
    let restore = RestoreVariable {
        _lock: ENVIRONMENT.lock().unwrap(),
    };
    other().await;
    drop(restore);
}

#[test]
fn silent_serial_block_on() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let _guard = ENVIRONMENT.lock().unwrap();
        other().await;
    });
}

#[test]
fn silent_serial_wrapped() {
    async fn silent_serial_wrapped() {
        let _guard = ENVIRONMENT.lock().unwrap();
        other().await;
    }
    futures::executor::block_on(silent_serial_wrapped());
}

#[tokio::test]
async fn reported_with_content() {
    let names = NAMES.lock().unwrap();
    other().await;
    println!("{}", names.len());
}

#[tokio::test]
async fn reported_in_a_task() {
    let task = async {
        let _guard = ENVIRONMENT.lock().unwrap();
        other().await;
    };
    task.await;
}

async fn reported_in_a_helper() {
    let _guard = ENVIRONMENT.lock().unwrap();
    other().await;
}

mod silent_serial {
    // A function that only has the name of a test.
    pub async fn reported_namesake() {
        let _guard = super::ENVIRONMENT.lock().unwrap();
        super::other().await;
    }
}

#[cfg(test)]
mod helpers {
    use super::{ENVIRONMENT, NAMES, other};

    pub async fn silent_serial_helper<T>(work: impl Future<Output = T>) -> T {
        let _guard = ENVIRONMENT.lock().unwrap();
        work.await
    }

    #[cfg(all(test, unix))]
    pub async fn reported_helper_with_content() {
        let names = NAMES.lock().unwrap();
        other().await;
        println!("{}", names.len());
    }

    pub fn reported_task_of_a_helper() -> impl Future<Output = ()> {
        async {
            let _guard = ENVIRONMENT.lock().unwrap();
            other().await;
        }
    }
}

#[cfg(not(test_of_hardware))]
async fn reported_under_another_condition() {
    let _guard = ENVIRONMENT.lock().unwrap();
    other().await;
}

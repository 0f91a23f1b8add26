// `allow` and `expect` work where a user would put them, also those for clippy's lints.
use std::sync::Mutex;

async fn other() {}

async fn on_statement(m: &Mutex<u32>) {
    #[allow(std_guard_across_await)]
    let guard = m.lock().unwrap();
    other().await;
    drop(guard);
}

#[allow(std_guard_across_await)]
async fn on_function(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    other().await;
    drop(guard);
}

#[allow(std_guard_across_await)]
mod on_module {
    use super::other;
    use std::sync::Mutex;

    async fn inside(m: &Mutex<u32>) {
        let guard = m.lock().unwrap();
        other().await;
        drop(guard);
    }
}

#[expect(std_guard_across_await, reason = "checks that `expect` is fulfilled")]
async fn expected(m: &Mutex<u32>) {
    for _ in m.lock().unwrap().to_string().chars() {
        other().await;
    }
    let guard = m.lock().unwrap();
    other().await;
    drop(guard);
}

fn captured(m: &Mutex<u32>) -> impl Future<Output = ()> {
    #[allow(std_guard_across_await)]
    let guard = m.lock().unwrap();
    async move {
        other().await;
        drop(guard);
    }
}

#[allow(clippy::await_holding_lock)]
async fn clippys_is_allowed(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    other().await;
    drop(guard);
}

async fn clippys_is_expected_on_statement(c: &std::cell::RefCell<u32>) {
    #[expect(clippy::await_holding_refcell_ref, reason = "one thread, one task")]
    let value = c.borrow();
    other().await;
    drop(value);
}

#[allow(clippy::await_holding_lock)]
mod clippys_is_warned_about_again {
    use super::other;
    use std::sync::Mutex;

    #[warn(clippy::await_holding_lock)]
    async fn reported(m: &Mutex<u32>) {
        let guard = m.lock().unwrap();
        other().await;
        drop(guard);
    }
}

#[allow(clippy::await_holding_refcell_ref, clippy::all)]
async fn another_of_clippys_is_allowed(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    other().await;
    drop(guard);
}

async fn not_allowed(m: &Mutex<u32>) {
    let guard = m.lock().unwrap();
    other().await;
    drop(guard);
}

fn main() {}

// A macro of another crate that holds a guard by itself is nothing the user can change; what the
// user gives to such a macro is.
use std::sync::Mutex;

async fn other() {}

async fn not_reported(m: &Mutex<u32>) {
    ui_deps::wait_locked!(m, other());
}

async fn reported(m: &Mutex<u32>) {
    ui_deps::run_block!({
        let guard = m.lock().unwrap();
        other().await;
        drop(guard);
    });
}

fn main() {}

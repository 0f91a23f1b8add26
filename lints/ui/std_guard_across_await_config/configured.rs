// With `guard_types` and `non_guard_types` set; see `tests/ui.rs`.
use std::cell::RefCell;

async fn other() {}

pub mod own {
    pub struct Guard(pub u32);

    pub use self::inner::Lease as PublicLease;
    pub type Alias = inner::Token<u32>;
    mod inner {
        pub struct Lease;
        pub struct Token<T>(pub T);
    }

    /// A raw lock whose users wait for it with an await.
    pub struct AsyncAwareRaw(parking_lot::RawMutex);

    // SAFETY: it is the raw lock of `parking_lot` under another name.
    unsafe impl lock_api::RawMutex for AsyncAwareRaw {
        const INIT: Self = Self(<parking_lot::RawMutex as lock_api::RawMutex>::INIT);
        type GuardMarker = lock_api::GuardNoSend;
        fn lock(&self) {
            self.0.lock();
        }
        fn try_lock(&self) -> bool {
            self.0.try_lock()
        }
        unsafe fn unlock(&self) {
            unsafe { self.0.unlock() }
        }
    }
}

async fn configured() {
    let guard = own::Guard(1);
    other().await;
    drop(guard);
}

async fn configured_by_reexport() {
    let lease = Some(own::PublicLease);
    other().await;
    drop(lease);
}

async fn configured_by_alias() {
    let token: (u8, own::Alias) = make();
    other().await;
    drop(token);
}

fn make<T>() -> T {
    unimplemented!()
}

async fn still_known(m: &std::sync::Mutex<u32>) {
    let guard = m.lock().unwrap();
    other().await;
    drop(guard);
}

async fn taken_off_the_list(c: &RefCell<u32>) {
    let value = c.borrow();
    other().await;
    drop(value);
}

async fn raw_lock_taken_off(m: &lock_api::Mutex<own::AsyncAwareRaw, u32>) {
    let guard = m.lock();
    other().await;
    drop(guard);
}

fn main() {}

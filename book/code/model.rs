//! Chapter "The model": what a future is, and the poll contract.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

pub mod as_in_std;

// ANCHOR: doorbell
#[derive(Clone, Default)]
pub struct Doorbell(Arc<Mutex<Bell>>);

#[derive(Default)]
struct Bell {
    rung: bool,
    host: Option<Waker>,
}

impl Doorbell {
    pub fn ring(&self) {
        let host = {
            let mut bell = self.bell();
            bell.rung = true;
            bell.host.take()
        };
        if let Some(host) = host {
            host.wake();
        }
    }

    fn bell(&self) -> MutexGuard<'_, Bell> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Doorbell {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut bell = self.bell();
        if bell.rung {
            return Poll::Ready(());
        }
        bell.host = Some(context.waker().clone());
        Poll::Pending
    }
}
// ANCHOR_END: doorbell

// ANCHOR: wake_count
/// A waker that only counts.
#[derive(Default)]
pub struct WakeCount(AtomicUsize);

impl WakeCount {
    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for WakeCount {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
// ANCHOR_END: wake_count

#[cfg(test)]
mod tests;

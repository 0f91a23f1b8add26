//! Chapter "The model": what a future is, and the poll contract.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

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
mod tests {
    use super::*;
    use std::pin::pin;

    #[test]
    fn a_future_that_nobody_polls_does_nothing() {
        // ANCHOR: lazy
        let mut written = false;
        let future = async {
            written = true;
        };
        drop(future);
        assert!(!written);
        // ANCHOR_END: lazy
    }

    #[test]
    fn poll_register_wake_poll_again() {
        // ANCHOR: by_hand
        let count = Arc::new(WakeCount::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut context = Context::from_waker(&waker);

        let bell = Doorbell::default();
        let mut visitor = pin!(bell.clone());
        assert_eq!(visitor.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!(count.get(), 0, "nothing has happened yet");

        bell.ring();
        assert_eq!(count.get(), 1, "whoever said Pending must wake");
        assert_eq!(visitor.as_mut().poll(&mut context), Poll::Ready(()));
        // ANCHOR_END: by_hand
    }

    #[test]
    fn only_the_last_waker_is_woken() {
        let (first, second) = (
            Arc::new(WakeCount::default()),
            Arc::new(WakeCount::default()),
        );
        let bell = Doorbell::default();
        let mut visitor = pin!(bell.clone());
        for count in [&first, &second] {
            let waker = Waker::from(Arc::clone(count));
            let polled = visitor.as_mut().poll(&mut Context::from_waker(&waker));
            assert_eq!(polled, Poll::Pending);
        }
        bell.ring();
        assert_eq!((first.get(), second.get()), (0, 1));
    }
}

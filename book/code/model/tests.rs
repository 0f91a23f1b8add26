use super::*;
use std::pin::pin;

// ANCHOR: lazy
#[test]
fn a_future_that_nobody_polls_does_nothing() {
    let mut written = false;
    let future = async {
        written = true;
    };
    drop(future);
    assert!(!written);
}
// ANCHOR_END: lazy

// ANCHOR: by_hand
#[test]
fn poll_register_wake_poll_again() {
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
}
// ANCHOR_END: by_hand

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

use std::future::poll_fn;
use std::task::Poll;

use tokio::sync::mpsc;

// ANCHOR: solution
/// What has arrived by now. When more comes, the task is woken.
async fn arrived(messages: &mut mpsc::Receiver<u32>) -> Vec<u32> {
    poll_fn(|task| {
        let mut arrived = Vec::new();
        while let Poll::Ready(Some(message)) = messages.poll_recv(task) {
            arrived.push(message);
        }
        Poll::Ready(arrived) // an answer in any case: this looks and does not wait
    })
    .await
}
// ANCHOR_END: solution

#[test]
fn it_looks_and_leaves_a_waker() {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Context, Wake, Waker};

    #[derive(Default)]
    struct Wakes(AtomicU32);
    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    let woken = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&woken));
    let (sender, mut messages) = mpsc::channel(4);
    for message in [1, 2] {
        sender.try_send(message).unwrap();
    }
    let mut look = |expected: &[u32]| {
        let look = pin!(arrived(&mut messages)).poll(&mut Context::from_waker(&waker));
        assert_eq!(look, Poll::Ready(expected.to_vec()));
    };
    look(&[1, 2]);
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    sender.try_send(3).unwrap();
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    look(&[3]);
}

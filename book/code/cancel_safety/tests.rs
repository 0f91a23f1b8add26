use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_patterns::sink::ReserveExt as _;
use async_patterns::testing::{CancelPoint, cancel_at_every_poll};
use futures::SinkExt as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, duplex};
use tokio::sync::{Mutex, Notify, Semaphore, mpsc};

/// Polls a future once, which must suspend, and drops it: a lost `select!`.
fn cut<F: Future>(future: F) {
    let mut future = Box::pin(future);
    let polled = Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending(), "the branch must lose");
}

fn ready<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    match Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it should not have to wait"),
    }
}

// ANCHOR: read_exact
#[test]
fn read_exact_loses_the_bytes_it_has() {
    let (mut ours, mut theirs) = duplex(64);
    ready(theirs.write_all(b"ab")).unwrap();
    cut(ours.read_exact(&mut [0; 4])); // has taken "ab", waits for two more

    ready(theirs.write_all(b"cdef")).unwrap();
    let mut word = [0; 4];
    ready(ours.read_exact(&mut word)).unwrap();
    assert_eq!(&word, b"cdef"); // and "ab" is gone
}
// ANCHOR_END: read_exact

// ANCHOR: read_buf
#[test]
fn read_buf_keeps_them() {
    let (mut ours, mut theirs) = duplex(64);
    let mut word = Vec::with_capacity(4); // lives outside of the future
    ready(theirs.write_all(b"ab")).unwrap();
    ready(ours.read_buf(&mut word)).unwrap();
    cut(ours.read_buf(&mut word)); // nothing has come: nothing was taken

    ready(theirs.write_all(b"cd")).unwrap();
    ready(ours.read_buf(&mut word)).unwrap();
    assert_eq!(word, b"abcd");
}
// ANCHOR_END: read_buf

#[test]
fn write_all_does_not_say_how_far_it_came() {
    let (mut ours, mut theirs) = duplex(2);
    cut(ours.write_all(b"abcd"));
    let mut written = [0; 2];
    ready(theirs.read_exact(&mut written)).unwrap();
    assert_eq!(
        &written, b"ab",
        "a second `write_all` would send \"ab\" twice"
    );
}

#[test]
fn write_all_buf_advances_its_buffer() {
    let (mut ours, mut theirs) = duplex(2);
    let mut rest: &[u8] = b"abcd";
    cut(ours.write_all_buf(&mut rest));
    assert_eq!(rest, b"cd");
    let mut written = Vec::new();
    ready(theirs.read_buf(&mut written)).unwrap();
    ready(ours.write_all_buf(&mut rest)).unwrap();
    ready(theirs.read_buf(&mut written)).unwrap();
    assert_eq!(written, b"abcd");
}

#[test]
fn read_line_loses_a_half_line_and_next_line_keeps_it() {
    let (ours, mut theirs) = duplex(64);
    let mut ours = BufReader::new(ours);
    ready(theirs.write_all(b"hel")).unwrap();
    cut(ours.read_line(&mut String::new()));
    ready(theirs.write_all(b"lo\n")).unwrap();
    let mut line = String::new();
    ready(ours.read_line(&mut line)).unwrap();
    assert_eq!(line, "lo\n");

    let mut lines = ours.lines();
    ready(theirs.write_all(b"wor")).unwrap();
    cut(lines.next_line());
    ready(theirs.write_all(b"ld\n")).unwrap();
    assert_eq!(ready(lines.next_line()).unwrap().as_deref(), Some("world"));
}

// ANCHOR: send
#[test]
fn a_cancelled_send_drops_its_message() {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.try_send("first").unwrap(); // the channel is full
    cut(sender.send("second")); // and "second" was moved into the future

    assert_eq!(receiver.try_recv(), Ok("first"));
    assert!(receiver.try_recv().is_err());
}
// ANCHOR_END: send

// ANCHOR: reserve
#[test]
fn a_cancelled_reserve_leaves_it_with_its_owner() {
    let (sender, mut receiver) = mpsc::channel(1);
    sender.try_send("first").unwrap();
    let message = "second";
    cut(sender.reserve()); // waits for room, holds no message

    assert_eq!(receiver.try_recv(), Ok("first"));
    ready(sender.reserve()).unwrap().send(message);
    assert_eq!(receiver.try_recv(), Ok("second"));
}
// ANCHOR_END: reserve

#[test]
fn so_do_sinks() {
    let (mut sink, mut stream) = futures::channel::mpsc::channel(0);
    ready(sink.feed("first")).unwrap();
    cut(sink.send("second"));
    assert_eq!(stream.try_recv().ok(), Some("first"));
    assert!(stream.try_recv().is_err(), "lost");

    ready(sink.feed("third")).unwrap();
    cut(sink.reserve());
    assert_eq!(stream.try_recv().ok(), Some("third"));
    ready(sink.reserve()).unwrap().feed("fourth").unwrap();
    assert_eq!(stream.try_recv().ok(), Some("fourth"));
}

// ANCHOR: queue
#[test]
fn a_queue_forgets_who_leaves_it() {
    let turn = Semaphore::new(0);
    let mut others = Box::pin(turn.acquire());
    let mut context = Context::from_waker(Waker::noop());
    cut(turn.acquire()); // was first
    assert!(others.as_mut().poll(&mut context).is_pending());
    let mut ours = Box::pin(turn.acquire()); // is second now
    assert!(ours.as_mut().poll(&mut context).is_pending());

    turn.add_permits(1);
    let first_served = others.as_mut().poll(&mut context);
    assert!(first_served.is_ready());
    assert!(ours.as_mut().poll(&mut context).is_pending());
}
// ANCHOR_END: queue

#[test]
fn a_cut_lock_holds_nothing() {
    let mutex = Mutex::new(());
    let held = ready(mutex.lock());
    cut(mutex.lock());
    drop(held);
    assert!(mutex.try_lock().is_ok());
}

#[test]
fn a_notification_is_handed_on_by_who_was_cut_after_it() {
    let notify = Notify::new();
    let mut first = Box::pin(notify.notified());
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    notify.notify_one();
    drop(first); // was notified, was never polled again
    ready(notify.notified());
}

// ANCHOR: wrapper
/// A wrapper that awaits once more before it has stored what it took.
async fn next_order(orders: &mut mpsc::Receiver<u32>, audit: &Semaphore) -> Option<u32> {
    let order = orders.recv().await?;
    let _turn = audit.acquire().await.ok()?; // a cancel here loses `order`
    Some(order)
}
// ANCHOR_END: wrapper

// ANCHOR: sweep
#[test]
fn safe_parts_make_an_unsafe_whole() {
    let violation = cancel_at_every_poll(
        || {
            let (sender, orders) = mpsc::channel(1);
            sender.try_send(7).unwrap();
            (orders, Arc::new(Semaphore::new(0)), None)
        },
        async |(orders, audit, taken)| *taken = next_order(orders, audit).await,
    )
    .drive(|(_, audit, _)| {
        let audit = Arc::clone(audit);
        move |_poll| audit.add_permits(1)
    })
    .try_check(|_, (mut orders, _, taken)| {
        assert!(
            taken.is_some() || orders.try_recv().is_ok(),
            "the order is lost"
        );
    })
    .unwrap_err();
    assert_eq!(violation.point(), CancelPoint::Suspended { polls: 1 });
}
// ANCHOR_END: sweep

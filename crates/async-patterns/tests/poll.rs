//! One attempt from synchronous code.

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::pin::pin;
use std::task::{Poll, Waker};

use async_patterns::poll::{
    poll_once_with, try_poll, try_poll_fill_buf, try_poll_fill_buf_with, try_poll_flush,
    try_poll_flush_with, try_poll_next, try_poll_next_with, try_poll_read, try_poll_read_with,
    try_poll_recv, try_poll_recv_with, try_poll_shutdown, try_poll_shutdown_with, try_poll_with,
    try_poll_write, try_poll_write_with,
};
use common::on_both_flavors;
use counting::counting_waker;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter, duplex};
use tokio::sync::{mpsc, oneshot};

fn ready<T>(poll: Poll<std::io::Result<T>>) -> T {
    match poll {
        Poll::Ready(result) => result.unwrap(),
        Poll::Pending => panic!("pending"),
    }
}

on_both_flavors! {
    /// A tokio object polled by hand in a task pretends to be pending when the task's budget is
    /// used up. Ours does not.
    async fn pending_is_never_the_cooperative_budget() {
        let (mut a, mut b) = duplex(1 << 16);
        a.write_all(&[7; 10_000]).await.unwrap();
        let (tx, mut rx) = mpsc::channel(2_000);
        for n in 0..2_000 {
            tx.try_send(n).unwrap();
        }
        for n in 0..2_000 {
            assert_eq!(ready(try_poll_read(&mut b, &mut [0; 5])), 5);
            assert_eq!(try_poll_recv(&mut rx), Poll::Ready(Some(n)));
        }

        // What it would be otherwise, so that this test can fail.
        for n in 0..2_000 {
            tx.try_send(n).unwrap();
        }
        let bare = std::iter::from_fn(|| {
            let mut cx = std::task::Context::from_waker(Waker::noop());
            rx.poll_recv(&mut cx).is_ready().then_some(())
        });
        assert!(bare.count() < 2_000);
    }

    async fn bytes_go_through_in_order_with_attempts_on_one_side() {
        let (mut stepper, mut task) = duplex(7);
        let echo = tokio::spawn(async move {
            let mut received = Vec::new();
            task.read_to_end(&mut received).await.unwrap();
            received
        });
        let bytes: Vec<u8> = (0..=255).collect();
        let mut written = 0;
        while written < bytes.len() {
            match try_poll_write(&mut stepper, &bytes[written..]) {
                Poll::Ready(n) => written += n.unwrap(),
                Poll::Pending => tokio::task::yield_now().await,
            }
        }
        ready(try_poll_flush(&mut stepper));
        ready(try_poll_shutdown(&mut stepper));
        assert_eq!(echo.await.unwrap(), bytes);
    }
}

#[test]
fn the_with_form_wakes_its_waker_once_per_wait() {
    let (waker, woken) = counting_waker();
    let (mut a, mut b) = duplex(4);

    assert!(try_poll_read_with(&waker, &mut b, &mut [0; 8]).is_pending());
    assert_eq!(ready(try_poll_write_with(&waker, &mut a, b"hello")), 4);
    assert_eq!(woken(), 1);
    assert!(try_poll_write_with(&waker, &mut a, b"o").is_pending());
    assert_eq!(ready(try_poll_read_with(&waker, &mut b, &mut [0; 8])), 4);
    assert_eq!(woken(), 2);

    let (tx, mut rx) = mpsc::channel(1);
    assert!(try_poll_recv_with(&waker, &mut rx).is_pending());
    tx.try_send(1).unwrap();
    assert_eq!(woken(), 3);
    assert_eq!(try_poll_recv_with(&waker, &mut rx), Poll::Ready(Some(1)));

    let (tx, answer) = oneshot::channel();
    let mut answer = pin!(answer);
    assert!(try_poll_with(&waker, answer.as_mut()).is_pending());
    tx.send(1).unwrap();
    assert_eq!(woken(), 4);
    assert_eq!(try_poll_with(&waker, answer), Poll::Ready(Ok(1)));

    let mut stream = pin!(futures::stream::pending::<()>());
    assert!(try_poll_next_with(&waker, stream.as_mut()).is_pending());
    assert_eq!(woken(), 4);
}

#[test]
fn buffered_objects_are_pushed_on_and_looked_into() {
    let (waker, woken) = counting_waker();
    let (a, b) = duplex(2);
    let (mut a, mut b) = (BufWriter::new(a), BufReader::new(b));
    assert!(try_poll_fill_buf(&mut b).is_pending());
    assert_eq!(ready(try_poll_write(&mut a, b"abc")), 3);
    assert!(try_poll_flush_with(&waker, &mut a).is_pending());
    assert!(try_poll_shutdown_with(&waker, &mut a).is_pending());

    assert_eq!(ready(try_poll_fill_buf_with(&waker, &mut b)), b"ab");
    assert_eq!(woken(), 1);
    b.consume(2);
    ready(try_poll_flush_with(&waker, &mut a));
    ready(try_poll_shutdown_with(&waker, &mut a));
    assert_eq!(ready(try_poll_fill_buf(&mut b)), b"c");
    b.consume(1);
    assert_eq!(ready(try_poll_fill_buf(&mut b)), b"", "the end");
}

#[test]
fn the_end_and_errors_are_results() {
    let (a, mut b) = duplex(2);
    drop(a);
    assert_eq!(ready(try_poll_read(&mut b, &mut [0; 2])), 0);
    let Poll::Ready(Err(error)) = try_poll_write(&mut b, b"x") else {
        panic!("nobody can read this");
    };
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);

    let (tx, mut rx) = mpsc::channel::<u32>(1);
    assert!(try_poll_recv(&mut rx).is_pending());
    drop(tx);
    assert_eq!(try_poll_recv(&mut rx), Poll::Ready(None));
    let mut stream = pin!(futures::stream::empty::<u32>());
    assert_eq!(try_poll_next(stream.as_mut()), Poll::Ready(None));
}

/// The documented trap: an attempt takes the place of whoever waits for the same direction.
#[test]
fn an_attempt_displaces_the_waker_of_the_same_direction() {
    let (waker, woken) = counting_waker();
    let (mut a, mut b) = duplex(4);
    assert!(try_poll_read_with(&waker, &mut b, &mut [0; 4]).is_pending());
    assert!(try_poll_read(&mut b, &mut [0; 4]).is_pending());
    assert_eq!(ready(try_poll_write(&mut a, b"x")), 1);
    assert_eq!(woken(), 0);
}

#[test]
fn each_function_polls_exactly_once() {
    let mut polls = 0;
    let result = poll_once_with(Waker::noop(), |cx| {
        polls += 1;
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    });
    assert!(result.is_pending());
    assert_eq!(polls, 1);
    let mut once = pin!(async { 1 });
    assert_eq!(try_poll(once.as_mut()), Poll::Ready(1));
}

/// A future is kept, and can be polled again.
#[tokio::test]
async fn a_pending_future_is_not_dropped() {
    let mut twice = pin!(async {
        tokio::task::yield_now().await;
        2
    });
    assert!(try_poll(twice.as_mut()).is_pending());
    assert_eq!(twice.await, 2);
}

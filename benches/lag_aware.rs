//! `LagAware::recv` against the `recv` of the receiver inside.
//!
//! Instruction counts under valgrind, which do not vary from run to run: 1 000 messages each, in
//! the two ways in which messages come. In a burst they are all there before the first is received.
//! One by one, the receiver waits for each and is woken by it; these rows count the `send` as
//! well, because it does the waking. The bound: at most 1.03 × the bare receiver.
#![expect(
    unused_qualifications,
    reason = "gungraun's attribute writes qualified paths"
)]

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Waker};

use async_patterns::broadcast::{Event, LagAware};
use gungraun::{library_benchmark, library_benchmark_group, main};
use tokio::sync::broadcast::{self, Receiver, Sender};

const MESSAGES: u64 = 1_000;

#[cfg_attr(
    dylint_lib = "async_patterns_lints",
    allow(lagged_ignored, reason = "the channel has room for all")
)]
async fn receive_bare(mut rx: Receiver<u64>) {
    while let Ok(message) = rx.recv().await {
        black_box(message);
    }
}

async fn receive_lag_aware(rx: Receiver<u64>) {
    let mut rx = LagAware::new(rx);
    while let Ok(event) = rx.recv().await {
        let Event::Message(message) = event else {
            unreachable!("the channel has room for all");
        };
        black_box(message);
    }
}

/// A task that receives, and the sender it receives from.
struct Wired<F> {
    task: Pin<Box<F>>,
    tx: Sender<u64>,
}

impl<F: Future<Output = ()>> Wired<F> {
    #[inline]
    fn poll(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(black_box(self.task.as_mut().poll(&mut cx)).is_pending());
    }

    #[inline]
    fn send(&self, message: u64) {
        assert!(self.tx.send(message).is_ok());
    }
}

/// Waits for its first message.
fn waiting<F: Future<Output = ()>>(receive: impl FnOnce(Receiver<u64>) -> F) -> Wired<F> {
    let (tx, rx) = broadcast::channel(1_024);
    let mut wired = Wired {
        task: Box::pin(receive(rx)),
        tx,
    };
    // Once around the ring before it is counted, so that what is lazy is not.
    for message in 0..2 * MESSAGES {
        wired.poll();
        wired.send(message);
    }
    wired.poll();
    wired
}

/// Has all its messages to receive.
fn loaded<F: Future<Output = ()>>(receive: impl FnOnce(Receiver<u64>) -> F) -> Wired<F> {
    let wired = waiting(receive);
    for message in 0..MESSAGES {
        wired.send(message);
    }
    wired
}

#[library_benchmark]
#[bench::bare(loaded(receive_bare))]
#[bench::lag_aware(loaded(receive_lag_aware))]
fn burst<F: Future<Output = ()>>(mut wired: Wired<F>) -> Wired<F> {
    wired.poll();
    // Given back, so that its drop is not counted.
    wired
}

#[library_benchmark]
#[bench::bare(waiting(receive_bare))]
#[bench::lag_aware(waiting(receive_lag_aware))]
fn one_by_one<F: Future<Output = ()>>(mut wired: Wired<F>) -> Wired<F> {
    for message in 0..MESSAGES {
        wired.send(message);
        wired.poll();
    }
    wired
}

library_benchmark_group!(name = lag_aware, benchmarks = [burst, one_by_one]);

main!(library_benchmark_groups = lag_aware);

//! What costs the future nothing, or little.
#![allow(unused, clippy::all)]

use std::rc::Rc;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::yield_now;

const SIZE: usize = 64 * 1024;

async fn boxed(mut source: impl AsyncRead + Unpin) -> u8 {
    let mut buffer = Box::new([0_u8; SIZE]);
    source.read(&mut buffer[..]).await.unwrap();
    buffer[0]
}

async fn in_a_vec(mut source: impl AsyncRead + Unpin) -> u8 {
    let mut buffer = vec![0_u8; SIZE];
    source.read(&mut buffer).await.unwrap();
    buffer[0]
}

async fn shared() -> (u8, u8) {
    let one = Arc::new([0_u8; SIZE]);
    let other = Rc::new([0_u8; SIZE]);
    yield_now().await;
    (one[0], other[0])
}

async fn scoped() -> usize {
    let sum = {
        let mut buffer = [0_u8; SIZE];
        buffer[3] = 1;
        buffer.iter().filter(|byte| **byte == 1).count()
    };
    yield_now().await;
    sum
}

async fn after_the_last_await() -> usize {
    yield_now().await;
    let buffer = [0_u8; SIZE];
    buffer.len()
}

async fn below(mut source: impl AsyncRead + Unpin) -> u8 {
    let mut buffer = [0_u8; 4096];
    source.read(&mut buffer).await.unwrap();
    buffer[0]
}

async fn at_the_limit(mut source: impl AsyncRead + Unpin) -> u8 {
    let mut buffer = [0_u8; 16 * 1024];
    source.read(&mut buffer).await.unwrap();
    buffer[0]
}

async fn by_reference(buffer: &mut [u8; SIZE]) -> u8 {
    yield_now().await;
    buffer[0]
}

static TABLE: [u8; SIZE] = [0; SIZE];

async fn in_a_static() -> u8 {
    let table = &TABLE;
    yield_now().await;
    table[0]
}

async fn of_a_constant() -> u8 {
    let table: &'static [u8; SIZE] = &[0; SIZE];
    yield_now().await;
    table[0]
}

async fn never_suspends() -> u8 {
    let buffer = [0_u8; SIZE];
    buffer[0]
}

fn synchronous() -> u8 {
    let buffer = [0_u8; SIZE];
    buffer[0]
}

fn in_a_closure() -> impl Fn() -> u8 {
    || {
        let buffer = [0_u8; SIZE];
        buffer[0]
    }
}

async fn on_a_blocking_thread() -> u8 {
    tokio::task::spawn_blocking(|| {
        let buffer = [0_u8; SIZE];
        buffer[0]
    })
    .await
    .unwrap()
}

async fn unknown_size<T: Default>() -> T {
    let value = T::default();
    yield_now().await;
    value
}

async fn unknown_length<const N: usize>() -> u8 {
    let buffer = [0_u8; N];
    yield_now().await;
    buffer[0]
}

async fn overwritten_by_each_arm(first: bool) -> u8 {
    let sum = if first {
        let buffer = [1_u8; SIZE];
        buffer[0]
    } else {
        let buffer = [2_u8; SIZE];
        buffer[1]
    };
    yield_now().await;
    sum
}

async fn passed_by_value_and_gone() -> usize {
    fn sum(buffer: [u8; SIZE]) -> usize {
        buffer.len()
    }
    let length = sum([0; SIZE]);
    yield_now().await;
    length
}

mod awaited {
    //! The future that is awaited: what is large in it is reported once, in its own body.
    use super::{SIZE, yield_now};

    #[allow(large_value_across_await)]
    async fn large() -> u8 {
        let buffer = [0_u8; SIZE];
        yield_now().await;
        buffer[0]
    }

    async fn awaits_it() -> u8 {
        large().await
    }

    async fn awaits_it_later() -> u8 {
        let future = large();
        yield_now().await;
        future.await
    }

    async fn awaits_two() -> (u8, u8) {
        tokio::join!(large(), awaits_it())
    }

    async fn with_a_limit() -> Option<u8> {
        let limit = std::time::Duration::from_secs(1);
        tokio::time::timeout(limit, large()).await.ok()
    }

    async fn pinned() -> u8 {
        let future = awaits_it_later();
        tokio::pin!(future);
        tokio::select! {
            value = &mut future => value,
            () = yield_now() => future.await,
        }
    }
}

async fn ended_by_a_block_in_the_loop(mut source: impl AsyncRead + Unpin) -> u64 {
    let mut sum = 0;
    loop {
        {
            let buffer = [1_u8; SIZE];
            sum += u64::from(buffer[sum as usize]);
        }
        if source.read_u8().await.is_err() {
            return sum;
        }
    }
}

#[tokio::test]
async fn a_test_of_its_own() {
    let buffer = [0_u8; SIZE];
    yield_now().await;
    assert_eq!(buffer[0], 0);
}

#[tokio::main]
async fn main() {}

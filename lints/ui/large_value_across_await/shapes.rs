//! Large values in bodies of every form.
#![allow(unused, clippy::all)]

use std::mem::MaybeUninit;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::yield_now;

const SIZE: usize = 64 * 1024;

async fn free_function(mut source: impl AsyncRead + Unpin) -> u8 {
    let mut buffer = [0_u8; SIZE];
    source.read(&mut buffer).await.unwrap();
    buffer[0]
}

struct Server {
    counters: [u64; 4],
}

impl Server {
    async fn method(&self) -> u64 {
        let table = [1_u64; 4096];
        yield_now().await;
        table[3] + self.counters[0]
    }
}

fn block() -> impl Future<Output = u8> {
    async {
        let buffer = [1_u8; SIZE];
        yield_now().await;
        buffer[7]
    }
}

async fn closure() -> u8 {
    let work = async |seed: u8| {
        let buffer = [seed; SIZE];
        yield_now().await;
        buffer[7]
    };
    work(3).await
}

trait Work {
    async fn work(&self) -> u8;

    async fn provided(&self) -> u8 {
        let buffer = [2_u8; SIZE];
        yield_now().await;
        buffer[9]
    }
}

impl Work for Server {
    async fn work(&self) -> u8 {
        let buffer = [3_u8; SIZE];
        self.provided().await;
        buffer[9]
    }
}

#[async_trait]
trait Boxed {
    async fn run(&self) -> u8;
}

#[async_trait]
impl Boxed for Server {
    async fn run(&self) -> u8 {
        let buffer = [4_u8; SIZE];
        yield_now().await;
        buffer[9]
    }
}

async fn generic<T: Default>(with: T) -> (T, u8) {
    let buffer = [5_u8; SIZE];
    yield_now().await;
    (with, buffer[0])
}

mod nested {
    pub mod deeper {
        use tokio::task::yield_now as pause;

        pub async fn renamed_import() -> u8 {
            let buffer = [6_u8; super::super::SIZE];
            pause().await;
            buffer[0]
        }
    }
}

struct Frame {
    header: u32,
    payload: [u8; SIZE],
}

impl Frame {
    fn new() -> Self {
        Frame {
            header: 1,
            payload: [0; SIZE],
        }
    }
}

async fn in_a_struct() -> u32 {
    let frame = Frame::new();
    yield_now().await;
    frame.header + u32::from(frame.payload[0])
}

async fn in_an_option(full: bool) -> bool {
    let frame = full.then(Frame::new);
    yield_now().await;
    frame.is_some()
}

async fn in_a_tuple() -> u8 {
    let pair = ([0_u8; SIZE], 3);
    yield_now().await;
    pair.0[0]
}

async fn not_initialized() {
    let mut buffer = MaybeUninit::<[u8; SIZE]>::uninit();
    yield_now().await;
    buffer.write([0; SIZE]);
    yield_now().await;
    drop(buffer);
}

async fn parameter(frame: Frame) -> u32 {
    yield_now().await;
    frame.header
}

async fn parameter_used_before(frame: Frame) {
    println!("{}", frame.header);
    yield_now().await;
}

fn captured() -> impl Future<Output = u8> {
    let frame = [7_u8; SIZE];
    async move {
        yield_now().await;
        frame[0]
    }
}

async fn fill(buffer: &mut [u8]) {
    yield_now().await;
    buffer[0] = 1;
}

async fn temporary() {
    fill(&mut [0_u8; SIZE]).await;
}

async fn iterator() -> usize {
    let mut sum = 0;
    for chunk in [[0_u8; 1024]; 64] {
        yield_now().await;
        sum += chunk.len();
    }
    sum
}

async fn in_a_loop(mut source: impl AsyncRead + Unpin) -> usize {
    let mut sum = 0;
    loop {
        let mut buffer = [0_u8; SIZE];
        match source.read(&mut buffer).await.unwrap() {
            0 => return sum,
            read => sum += read,
        }
        tokio::time::sleep(std::time::Duration::from_millis(buffer[0].into())).await;
    }
}

async fn in_select(mut source: impl AsyncRead + Unpin) -> usize {
    let mut buffer = [0_u8; SIZE];
    tokio::select! {
        read = source.read(&mut buffer) => read.unwrap(),
        () = yield_now() => 0,
    }
}

async fn in_futures_select() -> u8 {
    use futures::FutureExt;
    let buffer = [0_u8; SIZE];
    futures::select! {
        () = yield_now().fuse() => buffer[0],
        () = futures::future::ready(()).fuse() => 0,
    }
}

macro_rules! with_buffer {
    ($size:expr, $buffer:ident => $body:expr) => {{
        let mut $buffer = [0_u8; $size];
        $body
    }};
}

async fn in_a_macro(mut source: impl AsyncRead + Unpin) -> usize {
    with_buffer!(SIZE, buffer => source.read(&mut buffer).await.unwrap())
}

async fn spawned() {
    tokio::spawn(async {
        let buffer = [0_u8; SIZE];
        yield_now().await;
        println!("{}", buffer[0]);
    })
    .await
    .unwrap();
}

#[tokio::main]
async fn main() {}

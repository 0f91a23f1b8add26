//! What the measurements share: a world on one thread, upstreams without sockets, and a device that
//! notes when a packet left.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use io_loop::apps::Apps;
use io_loop::buffer::Packet;
use io_loop::connector::{Connector, Datagrams, Target, Upstream};
use io_loop::device::{Device, MemoryDevice, MemorySink, MemorySource, PacketSink};
use io_loop::metrics::Metrics;
use io_loop::{BridgeKind, Config, IoLoop, Summary};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const MTU: usize = 1500;
pub const QUEUE: usize = 512;

/// Sends back what it receives.
pub const ECHO: u16 = 7;
/// Swallows.
pub const SINK: u16 = 9;
/// Sends without end.
pub const SOURCE: u16 = 19;
/// Sends a byte when it is told to.
pub const TICK: u16 = 20;

pub fn target(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

/// Runs on one thread.
pub fn on_one_thread<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Runs on the one worker of a multi-threaded runtime: `ipstack` blocks in a place where a runtime of
/// one thread panics.
pub fn on_one_worker<F>(future: F) -> F::Output
where
    F: Future<Output: Send> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let output = runtime.block_on(async { tokio::spawn(future).await.expect("it ends") });
    // Some stacks leave tasks behind that nothing ends.
    runtime.shutdown_background();
    output
}

/// The loop between applications and upstreams.
pub struct World {
    pub apps: Apps,
    pub metrics: Arc<Metrics>,
    pub upstreams: Upstreams,
    pub left: Left,
    token: CancellationToken,
    task: JoinHandle<Summary>,
}

impl World {
    pub fn start(bridge: BridgeKind) -> Self {
        Self::with(
            Config {
                bridge,
                max_flows: 2048,
                measure: true,
                ..Config::default()
            },
            &Config::default(),
        )
    }

    pub fn with(config: Config, apps_config: &Config) -> Self {
        let (apps, device) = MemoryDevice::pair(MTU, QUEUE);
        let apps = Apps::start(apps, apps_config);
        let left = Left::default();
        let upstreams = Upstreams::default();
        let token = CancellationToken::new();
        let device = Stamped {
            device,
            left: left.clone(),
        };
        let io = IoLoop::new(device, upstreams.clone(), config, token.clone());
        Self {
            apps,
            metrics: io.metrics(),
            upstreams,
            left,
            token,
            task: tokio::spawn(io.run()),
        }
    }

    pub async fn end(self) {
        self.token.cancel();
        self.task.await.expect("the loop ends");
    }
}

/// When the last packet left.
#[derive(Clone, Default)]
pub struct Left(Arc<Mutex<Option<Instant>>>);

impl Left {
    pub fn take(&self) -> Option<Instant> {
        self.0.lock().expect("nobody panics with it").take()
    }
}

struct Stamped {
    device: MemoryDevice,
    left: Left,
}

impl Device for Stamped {
    type Source = MemorySource;
    type Sink = StampedSink;

    fn mtu(&self) -> usize {
        self.device.mtu()
    }

    fn split(self) -> (MemorySource, StampedSink) {
        let (source, sink) = self.device.split();
        let left = self.left;
        (source, StampedSink { sink, left })
    }
}

struct StampedSink {
    sink: MemorySink,
    left: Left,
}

impl PacketSink for StampedSink {
    fn try_send(&mut self, packet: Packet) -> io::Result<Result<(), Packet>> {
        let sent = self.sink.try_send(packet)?;
        if sent.is_ok() {
            let mut left = self.left.0.lock().expect("nobody panics with it");
            left.get_or_insert_with(Instant::now);
        }
        Ok(sent)
    }

    fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sink.poll_writable(cx)
    }
}

/// What a target does depends on its port.
#[derive(Clone, Default)]
pub struct Upstreams {
    pub tick: Arc<Notify>,
    pub written: Arc<Mutex<Option<Instant>>>,
}

pub enum BenchStream {
    Pipe(DuplexStream),
    Sink,
    Source,
}

impl Connector for Upstreams {
    type Stream = BenchStream;
    type Datagrams = NoDatagrams;

    async fn connect(&self, target: &Target) -> io::Result<BenchStream> {
        let Target::Address(address) = target else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        Ok(match address.port() {
            ECHO => {
                let (ours, theirs) = duplex(64 * 1024);
                tokio::spawn(async move {
                    let (mut read, mut write) = tokio::io::split(theirs);
                    let mut buffer = [0; 1024];
                    while let Ok(len @ 1..) = read.read(&mut buffer).await {
                        if write.write_all(&buffer[..len]).await.is_err() {
                            break;
                        }
                    }
                });
                BenchStream::Pipe(ours)
            }
            TICK => {
                let (ours, mut theirs) = duplex(64);
                let (tick, written) = (self.tick.clone(), self.written.clone());
                tokio::spawn(async move {
                    loop {
                        tick.notified().await;
                        *written.lock().expect("nobody panics with it") = Some(Instant::now());
                        if theirs.write_u8(1).await.is_err() {
                            break;
                        }
                    }
                });
                BenchStream::Pipe(ours)
            }
            SINK => BenchStream::Sink,
            _ => BenchStream::Source,
        })
    }

    async fn associate(&self) -> io::Result<NoDatagrams> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl Upstream for BenchStream {
    fn reset_on_drop(&mut self) {}
}

impl AsyncRead for BenchStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Pipe(pipe) => Pin::new(pipe).poll_read(cx, buffer),
            Self::Sink => Poll::Pending,
            Self::Source => {
                let len = buffer.remaining();
                buffer.initialize_unfilled();
                buffer.advance(len);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for BenchStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Pipe(pipe) => Pin::new(pipe).poll_write(cx, bytes),
            Self::Sink | Self::Source => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

pub struct NoDatagrams;

impl Datagrams for NoDatagrams {
    async fn send(&mut self, _: &[u8], _: &Target) -> io::Result<()> {
        Ok(())
    }

    async fn recv(&mut self, _: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        std::future::pending().await
    }
}

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

/// The system's allocator, and how often it was asked.
pub struct Counting;

// SAFETY: as the system's, which does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(signed(layout.size()), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn count(size: usize) {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    LIVE.fetch_add(signed(size), Ordering::Relaxed);
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Allocations so far, in the whole process.
pub fn allocations() -> u64 {
    ALLOCATIONS.load(Ordering::Relaxed)
}

/// Bytes that are allocated now.
pub fn live_bytes() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

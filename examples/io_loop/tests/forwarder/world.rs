//! A loop with applications on one side and upstreams on the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use io_loop::apps::{Apps, Impairments, Link};
use io_loop::device::{Device, MemoryDevice};
use io_loop::metrics::Metrics;
use io_loop::phases::Wake;
use io_loop::{BridgeKind, Config, FlowStream, IoLoop, Summary};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::upstream::Local;

pub const MTU: usize = 1500;
/// Nothing that is tested takes this long, in virtual time.
pub const HANGS: Duration = Duration::from_hours(1);

pub struct World {
    pub apps: Apps,
    pub local: Local,
    pub metrics: Arc<Metrics>,
    pub token: CancellationToken,
    pub task: JoinHandle<(Summary, usize)>,
    pub link: Option<Link>,
}

pub fn target(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], port))
}

pub fn noop() -> Config {
    Config {
        bridge: BridgeKind::Noop,
        ..Config::default()
    }
}

impl World {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        Self::at_mtu(config, MTU)
    }

    pub fn at_mtu(config: Config, mtu: usize) -> Self {
        let (apps, device) = MemoryDevice::pair(mtu, 64);
        Self::between(apps, device, config, None)
    }

    pub fn over(impairments: Impairments, seed: u64, config: Config) -> Self {
        let (apps, device, link) = Link::new(MTU, 64, impairments, seed);
        Self::between(apps, device, config, Some(link))
    }

    fn between(
        apps: MemoryDevice,
        device: MemoryDevice,
        config: Config,
        link: Option<Link>,
    ) -> Self {
        // The applications' side has its own bridge, which is not what is tested.
        let theirs = Config {
            bridge: BridgeKind::Ready,
            ..config.clone()
        };
        let apps = Apps::start(apps, &theirs);
        let local = Local::new();
        let Running {
            metrics,
            token,
            task,
        } = start(device, &local, config);
        Self {
            apps,
            local,
            metrics,
            token,
            task,
            link,
        }
    }

    pub async fn connect(&self, port: u16) -> FlowStream {
        within(self.apps.connect(target(port))).await.unwrap()
    }

    pub async fn end(self) -> Summary {
        self.token.cancel();
        let (summary, _) = within(self.task).await.unwrap();
        assert!(
            summary.sessions.running_at_deadline().next().is_none(),
            "{summary}"
        );
        summary
    }
}

/// A loop whose invariants are checked after every turn.
pub struct Running {
    pub metrics: Arc<Metrics>,
    pub token: CancellationToken,
    /// Its summary, and how many flows it had at its end.
    pub task: JoinHandle<(Summary, usize)>,
}

pub fn start<D: Device>(device: D, local: &Local, config: Config) -> Running {
    let token = CancellationToken::new();
    let mut io = IoLoop::new(device, local.clone(), config, token.clone());
    let metrics = io.metrics();
    let task = tokio::spawn(async move {
        // As `run` does it, and it does the rest.
        while io.turn().is_ok() {
            if let Err(broken) = io.check() {
                panic!("{broken}");
            }
            if io.wait().await == Wake::Cancelled {
                break;
            }
        }
        let flows = io.flows();
        (io.run().await, flows)
    });
    Running {
        metrics,
        token,
        task,
    }
}

pub async fn within<F: Future>(future: F) -> F::Output {
    timeout(HANGS, future).await.expect("it hangs")
}

/// Sends a pattern through an echo, both directions at the same time, and compares.
pub async fn echo(stream: FlowStream, bytes: usize) {
    let (mut read, mut write) = tokio::io::split(stream);
    let sent: Vec<u8> = io_loop::servers::pattern().take(bytes).collect();
    let expected = sent.clone();
    let writing = async move {
        write.write_all(&sent).await.unwrap();
        write.shutdown().await.unwrap();
        write
    };
    let reading = async move {
        let mut received = Vec::new();
        read.read_to_end(&mut received).await.unwrap();
        assert_eq!(received.len(), expected.len());
        assert!(received == expected, "the bytes differ");
        read
    };
    within(async { tokio::join!(writing, reading) }).await;
}

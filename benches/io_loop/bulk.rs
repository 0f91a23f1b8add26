//! How much passes.

use std::time::{Duration, Instant};

use io_loop::BridgeKind;
use io_loop::apps::Apps;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::harness::{SINK, SOURCE, World, allocations, on_one_worker, target};
#[cfg(feature = "peers")]
use crate::peers;
use crate::verdict;

/// Of each measurement.
const LONG: Duration = Duration::from_millis(500);
/// A stack that moves nothing for so long is given up; the pause counts.
const STALLS: Duration = Duration::from_secs(3);
/// Measured this often in turns, and the best of each is taken: other programs only take away.
const ROUNDS: usize = 10;

/// Bytes per second, and allocations of the whole process per packet if they are counted.
#[derive(Clone, Copy, Default)]
pub struct Flow {
    pub bytes_per_second: f64,
    pub allocations_per_packet: Option<f64>,
}

impl Flow {
    fn best(self, other: Self) -> Self {
        if other.bytes_per_second > self.bytes_per_second {
            other
        } else {
            self
        }
    }
}

/// From the applications, and to them.
#[derive(Clone, Copy, Default)]
pub struct BothWays {
    pub up: Flow,
    pub down: Flow,
}

type Measure = fn() -> BothWays;

pub fn run() {
    let stacks: &[(&str, Measure)] = &[
        ("ready set", || on_one_worker(ours(BridgeKind::Ready))),
        ("no-op waker", || on_one_worker(ours(BridgeKind::Noop))),
        #[cfg(feature = "peers")]
        ("netstack-smoltcp 0.2", || on_one_worker(peers::netstack())),
        #[cfg(feature = "peers")]
        ("ipstack 1.0", || on_one_worker(peers::ipstack())),
    ];
    let mut best = vec![BothWays::default(); stacks.len()];
    for _ in 0..ROUNDS {
        for (index, (_, measure)) in stacks.iter().enumerate() {
            let measured = measure();
            best[index].up = best[index].up.best(measured.up);
            best[index].down = best[index].down.best(measured.down);
        }
    }
    println!("\n## One flow, as much as passes\n");
    println!("| stack | up | ratio | down | ratio | allocations per packet, up/down |");
    println!("|---|---:|---:|---:|---:|---:|");
    let ready = best[0];
    for ((name, _), measured) in stacks.iter().zip(best) {
        let allocations = |flow: Flow| {
            flow.allocations_per_packet
                .map_or_else(|| "-".into(), |count| format!("{count:.2}"))
        };
        println!(
            "| {name} | {:.0} MB/s | {} | {:.0} MB/s | {} | {} / {} |",
            measured.up.bytes_per_second / 1e6,
            ratio(ready.up, measured.up),
            measured.down.bytes_per_second / 1e6,
            ratio(ready.down, measured.down),
            allocations(measured.up),
            allocations(measured.down),
        );
    }
    println!("\nratio: the ready set's over this row's; bound 1.00");
}

fn ratio(ready: Flow, other: Flow) -> String {
    let ratio = ready.bytes_per_second / other.bytes_per_second;
    format!("{ratio:.2}{}", verdict(ratio >= 1.0))
}

async fn ours(bridge: BridgeKind) -> BothWays {
    let world = World::start(bridge);
    let packets = || {
        let seen = world.metrics.snapshot();
        seen.packets_in + seen.packets_out
    };
    let (packets_before, allocations_before) = (packets(), allocations());
    let mut up = upload(&world.apps).await;
    let (packets_between, allocations_between) = (packets(), allocations());
    let mut down = download(&world.apps).await;
    up.allocations_per_packet = Some(
        (allocations_between - allocations_before) as f64
            / (packets_between - packets_before) as f64,
    );
    down.allocations_per_packet =
        Some((allocations() - allocations_between) as f64 / (packets() - packets_between) as f64);
    world.end().await;
    BothWays { up, down }
}

/// From an application into an upstream that swallows.
pub async fn upload(apps: &Apps) -> Flow {
    let mut stream = apps.connect(target(SINK)).await.expect("it opens");
    let buffer = vec![7; 16 * 1024];
    let mut meter = Meter::start();
    while meter.is_running() {
        let written = timeout(STALLS, stream.write_all(&buffer)).await;
        let Ok(()) = written.map(|result| result.expect("it is open")) else {
            eprintln!("an upload has stalled after {} bytes", meter.bytes);
            break;
        };
        meter.bytes += buffer.len();
    }
    meter.read()
}

/// From an upstream without end to an application.
pub async fn download(apps: &Apps) -> Flow {
    let mut stream = apps.connect(target(SOURCE)).await.expect("it opens");
    // A request, which the peers' server waits for.
    stream.write_u8(1).await.expect("it is open");
    let mut buffer = vec![0; 16 * 1024];
    let mut meter = Meter::start();
    while meter.is_running() {
        let Ok(read) = timeout(STALLS, stream.read(&mut buffer)).await else {
            eprintln!("a download has stalled after {} bytes", meter.bytes);
            break;
        };
        meter.bytes += read.expect("it is open");
    }
    meter.read()
}

struct Meter {
    began: Instant,
    bytes: usize,
}

impl Meter {
    fn start() -> Self {
        Self {
            began: Instant::now(),
            bytes: 0,
        }
    }

    fn is_running(&self) -> bool {
        self.began.elapsed() < LONG
    }

    fn read(&self) -> Flow {
        Flow {
            bytes_per_second: self.bytes as f64 / self.began.elapsed().as_secs_f64(),
            allocations_per_packet: None,
        }
    }
}

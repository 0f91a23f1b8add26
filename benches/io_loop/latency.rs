//! How long a byte waits.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use io_loop::BridgeKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::harness::{ECHO, TICK, World, on_one_thread, target};
use crate::{micros, verdict};

/// Of a session's write to a packet.
const TICKS: u32 = 300;
/// Of each measurement of round trips.
const LONG: Duration = Duration::from_secs(4);
/// Between two exchanges of a flow.
const PAUSE: Duration = Duration::from_millis(97);

struct Quantiles {
    p50: Duration,
    p99: Duration,
}

impl Quantiles {
    fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| Duration::from_nanos(histogram.value_at_quantile(quantile));
        Self {
            p50: at(0.5),
            p99: at(0.99),
        }
    }
}

pub fn run() {
    println!("\n## A session's write on an idle loop, until the packet has left\n");
    let ready = on_one_thread(write_to_packet(BridgeKind::Ready));
    let noop = on_one_thread(write_to_packet(BridgeKind::Noop));
    println!("| bridge | p50 | p99 |\n|---|---:|---:|");
    row("ready set", &ready);
    row("no-op waker", &noop);
    let ratio = ready.p99.as_secs_f64() / noop.p99.as_secs_f64();
    println!(
        "\np99 ratio {ratio:.4}, bound 0.05{}",
        verdict(ratio <= 0.05)
    );

    println!("\n## Round trip of 64 bytes, each flow every 97 ms\n");
    println!("| flows | bridge | p50 | p99 |\n|---:|---|---:|---:|");
    for flows in [1, 100] {
        for (name, bridge) in [
            ("ready set", BridgeKind::Ready),
            ("no-op waker", BridgeKind::Noop),
        ] {
            let seen = on_one_thread(round_trips(bridge, flows));
            println!(
                "| {flows} | {name} | {} | {} |",
                micros(seen.p50),
                micros(seen.p99)
            );
        }
    }
}

fn row(name: &str, seen: &Quantiles) {
    println!("| {name} | {} | {} |", micros(seen.p50), micros(seen.p99));
}

fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are allowed")
}

fn record(histogram: &mut Histogram<u64>, time: Duration) {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    histogram.record(nanos).expect("it grows");
}

async fn write_to_packet(bridge: BridgeKind) -> Quantiles {
    let world = World::start(bridge);
    let mut stream = world.apps.connect(target(TICK)).await.expect("it opens");
    let mut seen = histogram();
    for tick in 0..TICKS {
        // The loop is asleep by now, and never at the same point of its sleep.
        sleep(Duration::from_millis(51 + u64::from(tick * 7 % 50))).await;
        world.left.take();
        world.upstreams.tick.notify_one();
        stream.read_u8().await.expect("it is open");
        let written = world.upstreams.written.lock().expect("nobody panics");
        let left = world.left.take().expect("a packet has brought the byte");
        let waited = left - written.expect("it was written");
        record(&mut seen, waited);
    }
    drop(stream);
    world.end().await;
    Quantiles::of(&seen)
}

/// Open loop: each flow has a beat of its own, so a slow answer does not put off the others' next
/// question.
async fn round_trips(bridge: BridgeKind, flows: u32) -> Quantiles {
    let world = World::start(bridge);
    let mut tasks = tokio::task::JoinSet::new();
    for flow in 0..flows {
        let mut stream = world.apps.connect(target(ECHO)).await.expect("it opens");
        tasks.spawn(async move {
            let mut seen = histogram();
            sleep(PAUSE * flow / flows).await;
            let mut beat = interval(PAUSE);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let began = Instant::now();
            let mut buffer = [7; 64];
            while began.elapsed() < LONG {
                beat.tick().await;
                let sent = Instant::now();
                stream.write_all(&buffer).await.expect("it is open");
                stream.read_exact(&mut buffer).await.expect("it is open");
                record(&mut seen, sent.elapsed());
            }
            seen
        });
    }
    let mut all = histogram();
    for seen in tasks.join_all().await {
        all.add(seen).expect("of the same digits");
    }
    world.end().await;
    Quantiles::of(&all)
}

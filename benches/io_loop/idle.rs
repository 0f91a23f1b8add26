//! What idle flows cost a busy one.

use std::time::{Duration, Instant};

use io_loop::BridgeKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{ECHO, World, on_one_thread, target};
use crate::verdict;

const LONG: Duration = Duration::from_secs(2);

#[derive(Clone, Copy)]
struct PerTurn {
    bridge: f64,
    rest: f64,
}

pub fn run() {
    println!("\n## One busy flow beside idle ones: nanoseconds per turn\n");
    println!("| bridge | idle flows | phase 4 | ratio | phases 1, 2, 3 and 5 | ratio |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (name, bridge) in [
        ("ready set", BridgeKind::Ready),
        ("no-op waker", BridgeKind::Noop),
    ] {
        let mut first = None;
        for idle in [1, 100, 1000] {
            let measured = on_one_thread(turns(bridge, idle));
            let first = *first.get_or_insert(measured);
            let ratio = measured.bridge / first.bridge;
            let keeps = bridge == BridgeKind::Noop || ratio <= 1.1;
            println!(
                "| {name} | {idle} | {:.0} | {ratio:.2}{} | {:.0} | {:.2} |",
                measured.bridge,
                verdict(keeps),
                measured.rest,
                measured.rest / first.rest,
            );
        }
    }
    println!("\nratio: over one idle flow; bound for phase 4 of the ready set 1.10");
}

async fn turns(bridge: BridgeKind, idle: usize) -> PerTurn {
    let world = World::start(bridge);
    let mut flows = Vec::new();
    for _ in 0..idle {
        flows.push(world.apps.connect(target(ECHO)).await.expect("it opens"));
    }
    let mut busy = world.apps.connect(target(ECHO)).await.expect("it opens");
    let mut buffer = [7; 64];
    let mut exchange = async || {
        busy.write_all(&buffer).await.expect("it is open");
        busy.read_exact(&mut buffer).await.expect("it is open");
    };
    for _ in 0..20 {
        exchange().await;
    }
    let before = world.metrics.snapshot();
    let began = Instant::now();
    while began.elapsed() < LONG {
        exchange().await;
    }
    let after = world.metrics.snapshot();
    world.end().await;
    let turns = (after.turns - before.turns) as f64;
    let bridge = (after.bridge_nanos - before.bridge_nanos) as f64;
    let all = (after.busy_nanos - before.busy_nanos) as f64;
    PerTurn {
        bridge: bridge / turns,
        rest: (all - bridge) / turns,
    }
}

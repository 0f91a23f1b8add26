//! Bytes through the bridge: all of them, once, in order, and without delay.

use std::time::Duration;

use io_loop::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

use crate::upstream::{COUNT, ECHO, PUSH, PUSHED, SLOW, STUCK, TICK};
use crate::world::{World, echo, noop, target, within};

#[tokio::test(start_paused = true)]
async fn a_flow_is_echoed_and_finished() {
    let world = World::new();
    echo(world.connect(ECHO).await, 10).await;
    // The FINs are exchanged, and the flow is over for everyone.
    sleep(Duration::from_secs(1)).await;
    let summary = world.end().await;
    assert_eq!(summary.metrics.opened, 1);
    assert_eq!(summary.metrics.finished, 1, "{summary}");
    assert_eq!(
        (summary.metrics.bytes_up, summary.metrics.bytes_down),
        (10, 10)
    );
    assert!(summary.sessions.is_clean(), "{summary}");
}

#[tokio::test(start_paused = true)]
async fn ipv6_flows_too() {
    let world = World::new();
    let to = "[2001:db8::1]:7".parse().unwrap();
    echo(within(world.apps.connect(to)).await.unwrap(), 100_000).await;
    assert_eq!(world.end().await.metrics.opened, 1);
}

#[tokio::test(start_paused = true)]
async fn many_bytes_pass_at_every_mtu() {
    for mtu in [576, 1280, 1500, 9000] {
        let world = World::at_mtu(Config::default(), mtu);
        echo(world.connect(ECHO).await, 1_000_000).await;
        world.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_bytes_pass_through_tiny_windows() {
    let config = Config {
        socket_buffer: 100,
        session_buffer: 33,
        bytes_per_flow: 7,
        packets_per_turn: 1,
        flows_per_turn: 1,
        ..Config::default()
    };
    let world = World::with(config);
    let (a, b) = (world.connect(ECHO).await, world.connect(ECHO).await);
    tokio::join!(echo(a, 20_000), echo(b, 20_000));
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_hundred_flows_at_a_time() {
    let world = World::new();
    let mut flows = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let stream = world.connect(ECHO).await;
        flows.spawn(echo(stream, 30_000));
    }
    flows.join_all().await;
    assert_eq!(world.end().await.metrics.opened, 100);
}

#[tokio::test(start_paused = true)]
async fn the_noop_bridge_moves_the_same_bytes() {
    let world = World::with(noop());
    let (a, b) = (world.connect(ECHO).await, world.connect(ECHO).await);
    tokio::join!(echo(a, 300_000), echo(b, 300_000));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.end().await.metrics.finished, 2);
}

#[tokio::test(start_paused = true)]
async fn the_application_may_end_first() {
    let world = World::new();
    let mut stream = world.connect(COUNT).await;
    stream.write_all(&[1; 1000]).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(within(stream.read_u64()).await.unwrap(), 1000);
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.end().await.metrics.finished, 1);
}

#[tokio::test(start_paused = true)]
async fn the_upstream_may_end_first() {
    let world = World::new();
    let mut stream = world.connect(PUSH).await;
    let mut received = Vec::new();
    within(stream.read_to_end(&mut received)).await.unwrap();
    assert!(
        received
            .into_iter()
            .eq(io_loop::servers::pattern().take(PUSHED))
    );
    // The other direction is still open.
    stream.write_all(&vec![1; 100_000]).await.unwrap();
    stream.shutdown().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let summary = world.end().await;
    assert_eq!(summary.metrics.bytes_up, 100_000);
    assert_eq!(summary.metrics.finished, 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_read_holds_the_application_back() {
    let world = World::new();
    let mut stream = world.connect(STUCK).await;
    let mut sent = 0;
    let writing = async {
        loop {
            sent += stream.write(&[0; 8192]).await.unwrap();
        }
    };
    let stalled = tokio::time::timeout(Duration::from_mins(1), writing).await;
    assert!(stalled.is_err());
    // Two sockets' buffers, two pipes, the upstream's: about 350 kB here, and bounded.
    assert!(sent < 1_000_000, "{sent} bytes in the way");
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_session_gets_all_of_it_after_the_application_has_gone() {
    // 100 ms for 4 KiB: the session needs longer than TIME-WAIT for what is in the buffers.
    let world = World::new();
    let mut stream = world.connect(SLOW).await;
    let (mut read, mut write) = tokio::io::split(&mut stream);
    let bytes = 600_000;
    let writing = async {
        write.write_all(&vec![1; bytes]).await.unwrap();
        write.shutdown().await.unwrap();
    };
    let (count, ()) = within(async { tokio::join!(read.read_u64(), writing) }).await;
    assert_eq!(count.unwrap(), bytes as u64);
    world.end().await;
}

/// With the ready set a byte that a session writes is on its way in no time at all. With the no-op
/// waker it waits for the loop to wake up.
#[tokio::test(start_paused = true)]
async fn a_sessions_write_wakes_the_loop() {
    assert_eq!(slowest_tick(Config::default()).await, Duration::ZERO);
    let noop = slowest_tick(noop()).await;
    assert!(noop > Duration::from_millis(30), "{noop:?}");
}

async fn slowest_tick(config: Config) -> Duration {
    let world = World::with(config);
    let mut stream = world.connect(TICK).await;
    let mut slowest = Duration::ZERO;
    for step in 1..=10 {
        // Never in step with the no-op bridge's sleep.
        sleep(Duration::from_millis(101 + 7 * step)).await;
        let began = Instant::now();
        world.local.ticks.notify_one();
        within(stream.read_u8()).await.unwrap();
        slowest = slowest.max(began.elapsed());
    }
    world.end().await;
    slowest
}

#[tokio::test(start_paused = true)]
async fn an_idle_loop_sleeps() {
    assert!(turns_of_an_idle_minute(Config::default(), 0).await <= 1);
    assert!(turns_of_an_idle_minute(Config::default(), 20).await <= 60);
    // What it is compared with.
    let noop = turns_of_an_idle_minute(noop(), 0).await;
    assert!((1100..=1300).contains(&noop), "{noop}");
}

async fn turns_of_an_idle_minute(config: Config, flows: usize) -> u64 {
    let world = World::with(config);
    let mut idle = Vec::new();
    for _ in 0..flows {
        idle.push(world.connect(ECHO).await);
    }
    sleep(Duration::from_secs(10)).await;
    let before = world.metrics.turns.get();
    sleep(Duration::from_mins(1)).await;
    let turns = world.metrics.turns.get() - before;
    world.end().await;
    turns
}

#[tokio::test(start_paused = true)]
async fn idle_flows_are_not_looked_at() {
    let world = World::new();
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(world.connect(ECHO).await);
    }
    sleep(Duration::from_secs(1)).await;
    let before = world.metrics.snapshot();
    echo(world.connect(ECHO).await, 1_000_000).await;
    let after = world.metrics.snapshot();
    let (turns, pumps) = (after.turns - before.turns, after.pumps - before.pumps);
    assert!(turns > 10);
    assert!(
        pumps <= turns,
        "{pumps} pumps in {turns} turns for one busy flow"
    );
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_port_can_be_used_again_in_time_wait() {
    let world = World::new();
    let from = "10.0.0.2:5555".parse().unwrap();
    for _ in 0..3 {
        // The application ends last, so TIME-WAIT is the loop's.
        let mut stream = within(world.apps.connect_from(from, target(PUSH)))
            .await
            .unwrap();
        let mut received = Vec::new();
        within(stream.read_to_end(&mut received)).await.unwrap();
        assert_eq!(received.len(), PUSHED);
        stream.shutdown().await.unwrap();
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(world.end().await.metrics.finished, 3);
}

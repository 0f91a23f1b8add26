//! Random applications and random packets, and the invariants after every turn.

use std::time::Duration;

use io_loop::apps::Apps;
use io_loop::buffer::{Packet, Pool};
use io_loop::config::Limits;
use io_loop::device::MemoryDevice;
use io_loop::{BridgeKind, Config, FlowStream};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config as Runner, TestCaseError, TestRunner};
use smoltcp::wire::TcpControl;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::packets::segment;
use crate::upstream::{BREAK, COUNT, ECHO, Local, PANIC, PUSH, REFUSE, SILENT, SLOW, STUCK};
use crate::world::{noop, start, target, within};

const CASES: u32 = 24;
/// The applications' ports begin here, so that packets from nowhere meet real flows.
const FIRST_PORT: u16 = 1024;

#[derive(Clone, Debug)]
enum Step {
    Open(u16),
    Write(usize, usize),
    Read(usize),
    End(usize),
    Drop(usize),
    Datagram(usize),
    Garbage(Vec<u8>),
    Segment(u16, TcpControl, i32, Option<i32>),
    /// A good segment with one byte changed.
    Damaged(u16, usize, u8),
    Pause(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let ports = select(vec![
        ECHO, ECHO, ECHO, COUNT, PUSH, REFUSE, SILENT, PANIC, BREAK, STUCK, SLOW,
    ]);
    let control = select(vec![
        TcpControl::None,
        TcpControl::Psh,
        TcpControl::Syn,
        TcpControl::Fin,
        TcpControl::Rst,
    ]);
    let port = FIRST_PORT..FIRST_PORT + 8;
    prop_oneof![
        4 => ports.prop_map(Step::Open),
        4 => (any::<usize>(), 1..100_000usize).prop_map(|(flow, len)| Step::Write(flow, len)),
        2 => any::<usize>().prop_map(Step::Read),
        2 => any::<usize>().prop_map(Step::End),
        2 => any::<usize>().prop_map(Step::Drop),
        1 => (0..1500usize).prop_map(Step::Datagram),
        1 => vec(any::<u8>(), 0..100).prop_map(Step::Garbage),
        2 => (port.clone(), control, any::<i32>(), any::<Option<i32>>())
            .prop_map(|(port, control, seq, ack)| Step::Segment(port, control, seq, ack)),
        1 => (port, any::<usize>(), 1..=u8::MAX)
            .prop_map(|(port, at, change)| Step::Damaged(port, at, change)),
        3 => (0..20_000u64).prop_map(Step::Pause),
    ]
}

/// Applications whose packets are not the only ones.
struct World {
    apps: Apps,
    pool: Pool,
    inject: mpsc::Sender<Packet>,
    flows: Vec<FlowStream>,
}

impl World {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Open(port) => {
                // What packets from nowhere do to a handshake is theirs.
                let opening = self.apps.connect(target(port));
                if let Ok(Ok(stream)) = timeout(Duration::from_secs(1), opening).await {
                    self.flows.push(stream);
                }
            }
            Step::Write(flow, len) => {
                if let Some(stream) = pick(&mut self.flows, flow) {
                    let bytes = vec![1; len];
                    let _ = timeout(Duration::from_millis(10), stream.write_all(&bytes)).await;
                }
            }
            Step::Read(flow) => {
                if let Some(stream) = pick(&mut self.flows, flow) {
                    let mut buffer = vec![0; 30_000];
                    let _ = timeout(Duration::from_millis(10), stream.read(&mut buffer)).await;
                }
            }
            Step::End(flow) => {
                if let Some(stream) = pick(&mut self.flows, flow) {
                    let _ = stream.shutdown().await;
                }
            }
            Step::Drop(flow) => {
                if !self.flows.is_empty() {
                    self.flows.swap_remove(flow % self.flows.len());
                }
            }
            Step::Datagram(len) => {
                let socket = within(self.apps.bind()).await.unwrap();
                socket.send_to(&vec![1; len], target(ECHO)).await.unwrap();
            }
            Step::Garbage(bytes) => self.inject(&bytes).await,
            Step::Segment(port, control, seq, ack) => {
                self.inject(&segment(port, control, seq, ack)).await;
            }
            Step::Damaged(port, at, change) => {
                let mut packet = segment(port, TcpControl::Syn, 0, None);
                let at = at % packet.len();
                packet[at] ^= change;
                self.inject(&packet).await;
            }
            Step::Pause(millis) => sleep(Duration::from_millis(millis)).await,
        }
    }

    async fn inject(&self, bytes: &[u8]) {
        let packet = self.pool.copy(bytes).unwrap();
        within(self.inject.send(packet)).await.unwrap();
    }
}

fn pick(flows: &mut [FlowStream], index: usize) -> Option<&mut FlowStream> {
    let count = flows.len().max(1);
    flows.get_mut(index % count)
}

async fn case(steps: Vec<Step>, bridge: BridgeKind) -> Result<(), TestCaseError> {
    let config = Config {
        bridge,
        max_flows: 6,
        // Small, so that every budget is met.
        packets_per_turn: 3,
        flows_per_turn: 2,
        bytes_per_flow: 5000,
        limits: Limits {
            idle: Duration::from_secs(30),
            vanished: Duration::from_secs(20),
            ..Limits::default()
        },
        ..Config::default()
    };
    let (to_loop, from_apps) = mpsc::channel(8);
    let (to_apps, from_loop) = mpsc::channel(8);
    let apps = MemoryDevice::new(1500, from_loop, to_loop.clone());
    let device = MemoryDevice::new(1500, from_apps, to_apps);
    let mut world = World {
        apps: Apps::start(apps, &Config::default()),
        pool: Pool::new(1500, 16),
        inject: to_loop,
        flows: Vec::new(),
    };
    // Its task checks the invariants after every turn.
    let running = start(device, &Local::new(), config);
    for step in steps {
        world.take(step).await;
        if running.task.is_finished() {
            return Err(TestCaseError::fail("the loop has ended"));
        }
    }
    // Without flows everything comes to an end: the handshakes that nobody completes, the sessions
    // that nobody needs, TIME-WAIT, associations.
    world.flows.clear();
    sleep(Duration::from_mins(2)).await;
    let before = running.metrics.snapshot();
    if before.open_flows() != 0 {
        return Err(TestCaseError::fail(format!("open flows\n{before}")));
    }
    // And then nothing goes on: no mark, no timer and no packet is left over.
    sleep(Duration::from_mins(1)).await;
    let turns = running.metrics.turns.get() - before.turns;
    let asleep = match bridge {
        BridgeKind::Ready => 1,
        // Its own 50 ms.
        BridgeKind::Noop => 1300,
    };
    if turns > asleep {
        return Err(TestCaseError::fail(format!("{turns} turns for nothing")));
    }
    running.token.cancel();
    let (summary, left) = within(running.task).await.unwrap();
    if left != 0 {
        return Err(TestCaseError::fail(format!("{left} flows left\n{summary}")));
    }
    if summary.sessions.totals().still_running != 0 {
        return Err(TestCaseError::fail(summary.to_string()));
    }
    Ok(())
}

fn check(bridge: BridgeKind) {
    let mut runner = TestRunner::new(Runner {
        cases: CASES,
        failure_persistence: None,
        ..Runner::default()
    });
    let result = runner.run(&vec(step(), 1..40), |steps| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(case(steps, bridge))
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn whatever_comes_the_loop_keeps_its_invariants() {
    check(BridgeKind::Ready);
}

#[test]
fn so_does_the_noop_bridge() {
    check(noop().bridge);
}

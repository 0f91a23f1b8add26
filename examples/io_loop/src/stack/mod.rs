//! smoltcp, one flow at a time.
//!
//! [`Stack`] is what the six phases work on, and what plays the applications in memory mode: the
//! interface, the flows, and three ways to find those that have something to do:
//!
//! - marked in the [`ReadySet`]: bytes may move between its socket and its pipe ([`Stack::pump`]);
//! - in the flush queue: its socket may have a packet to send ([`Stack::flush`]);
//! - in the timer queue: smoltcp wants to be polled for it at a certain time.
//!
//! # Invariants
//!
//! - **S1** Every flow is found by its tuple, and every tuple leads to a flow.
//! - **S2** Whatever may have changed a socket (a packet, a pump, a timer) puts its flow into the
//!   flush queue. What leaves that queue has a timer no later than its socket wants.
//! - **S3** A pump leaves the flow's waker with the socket and with the pipe wherever it stopped. So
//!   a flow that is not marked has nothing to move.
//!
//! [`Stack::check`] holds the flows against them.

mod flow;
mod phy;
mod stream;
mod timers;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::task::{Poll, Waker};
use std::time::Duration;

use async_patterns::poll::poll_once_with;
use async_patterns::sync::{ReadySet, SourceId};
use smoltcp::iface::{Config as InterfaceConfig, Interface, PollResult, SocketSet};
use smoltcp::socket::tcp::State;
use smoltcp::wire::HardwareAddress;
use tokio::time::Instant;

use crate::buffer::{Packet, Pool};
use crate::classify::Tuple;
use crate::config::{BridgeKind, Config};
use crate::device::PacketSink;
use flow::{Flow, SocketOptions, Stage};
use phy::Phy;
use timers::Timers;

pub use flow::Ending;
pub use stream::FlowStream;

pub(crate) use flow::Pumped;

/// Packets that may wait for the device. Beyond it no flow sends, and none reads.
const OUTGOING: usize = 128;
/// Packets that one flow sends before the next has its turn.
const QUANTUM: usize = 32;

/// smoltcp's interface and all flows.
pub(crate) struct Stack {
    interface: Interface,
    pub(crate) phy: Phy,
    /// For packets of no flow: smoltcp answers them with a reset, or an echo.
    nobody: SocketSet<'static>,
    pub(crate) flows: ReadySet<Flow>,
    by_tuple: HashMap<Tuple, SourceId>,
    timers: Timers,
    to_flush: VecDeque<SourceId>,
    /// Flows in TIME-WAIT or nearly there, the oldest first; may hold some that are gone.
    closing: VecDeque<SourceId>,
    /// Reused by [`take_ready`](Self::take_ready).
    ready: Vec<SourceId>,
    options: SocketOptions,
    session_buffer: usize,
    bridge: BridgeKind,
    handshake: Duration,
    vanished: Duration,
    epoch: Instant,
}

/// What a packet did to its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ingress {
    /// Nothing to act on.
    Nothing,
    /// The flow is established now.
    Established(SourceId),
    /// The flow was in its handshake and is gone.
    Failed(SourceId),
}

/// What a flush has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flushed {
    /// Packets that the device has taken.
    pub(crate) sent: usize,
    /// There is more to send, and the device was not the reason to stop.
    pub(crate) out_of_budget: bool,
}

impl Stack {
    /// A stack that sends packets of up to `mtu` bytes.
    pub(crate) fn new(mtu: usize, config: &Config, seed: u64) -> Self {
        let pool = Pool::new(mtu, 4 * OUTGOING);
        let mut phy = Phy::new(pool, mtu, OUTGOING);
        let mut settings = InterfaceConfig::new(HardwareAddress::Ip);
        settings.random_seed = seed;
        let epoch = Instant::now();
        let mut interface = Interface::new(settings, &mut phy, smoltcp::time::Instant::ZERO);
        // Packets are for whomever the application wants to reach, not for this interface.
        interface.set_any_ip(true);
        Self {
            interface,
            phy,
            nobody: SocketSet::new(Vec::new()),
            flows: ReadySet::new(),
            by_tuple: HashMap::new(),
            timers: Timers::default(),
            to_flush: VecDeque::new(),
            closing: VecDeque::new(),
            ready: Vec::new(),
            options: SocketOptions {
                buffer: config.socket_buffer,
                ack_delay: config.ack_delay,
            },
            session_buffer: config.session_buffer,
            bridge: config.bridge,
            handshake: config.limits.handshake,
            vanished: config.limits.vanished,
            epoch,
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.phy.pool
    }

    /// The flow of a tuple.
    pub(crate) fn find(&self, tuple: &Tuple) -> Option<SourceId> {
        self.by_tuple.get(tuple).copied()
    }

    /// Adds a flow that waits for a SYN to `tuple.target` and nothing else.
    pub(crate) fn listen(&mut self, tuple: Tuple) -> SourceId {
        let mut flow = Flow::new(tuple, self.options, Instant::now());
        // A classified tuple has no port 0, and the socket is new.
        let listening = flow.socket_mut().listen(tuple.target);
        debug_assert_eq!(listening, Ok(()));
        self.add(flow)
    }

    /// Adds a flow that connects from `tuple.target`, which is this side's end, to `tuple.app`.
    ///
    /// # Errors
    ///
    /// smoltcp's, when an address or port is none to connect with.
    pub(crate) fn connect(
        &mut self,
        tuple: Tuple,
    ) -> Result<SourceId, smoltcp::socket::tcp::ConnectError> {
        let mut flow = Flow::new(tuple, self.options, Instant::now());
        let context = self.interface.context();
        flow.socket_mut()
            .connect(context, tuple.app, tuple.target)?;
        let id = self.add(flow);
        self.queue_flush(id);
        Ok(id)
    }

    fn add(&mut self, flow: Flow) -> SourceId {
        let tuple = flow.tuple;
        let id = self.flows.insert(flow);
        self.by_tuple.insert(tuple, id);
        id
    }

    /// Makes the pipe of a flow that is established, and returns the session's side.
    pub(crate) fn open(&mut self, id: SourceId) -> Option<FlowStream> {
        let waker = self.waker(id)?;
        let flow = self.flows.get_mut(id)?;
        let (end, stream) = stream::flow_pipe(self.session_buffer, waker);
        flow.end = Some(end);
        flow.stage = Stage::Open;
        self.flows.mark(id);
        Some(stream)
    }

    /// Hands a packet to smoltcp, for the flow of `tuple` or for nobody.
    pub(crate) fn ingress(&mut self, tuple: Option<&Tuple>, packet: Packet) -> Ingress {
        let now = self.now();
        self.phy.received = Some(packet);
        let Some(id) = tuple.and_then(|tuple| self.find(tuple)) else {
            self.interface
                .poll_ingress_single(now, &mut self.phy, &mut self.nobody);
            return Ingress::Nothing;
        };
        let flow = &mut self.flows[id];
        self.interface
            .poll_ingress_single(now, &mut self.phy, &mut flow.sockets);
        flow.heard = Instant::now();
        let state = flow.socket().state();
        let opening = flow.stage == Stage::Opening;
        let established = opening && matches!(state, State::Established | State::CloseWait);
        if established {
            // Once, however many of its packets this turn still brings.
            flow.stage = Stage::Established;
        }
        self.queue_flush(id);
        match state {
            _ if established => Ingress::Established(id),
            // Back to where a socket starts: refused, reset, or the SYN's checksum was wrong.
            State::Listen | State::Closed if opening => Ingress::Failed(id),
            _ => Ingress::Nothing,
        }
    }

    /// The marked flows, at most `budget`; with the no-op bridge, all of them. Give the list back
    /// with [`give_back`](Self::give_back), so that it is not allocated anew.
    pub(crate) fn take_ready(&mut self, budget: usize) -> Vec<SourceId> {
        let mut ready = std::mem::take(&mut self.ready);
        ready.clear();
        match self.bridge {
            BridgeKind::Ready => {
                self.flows.drain(budget, |_, id| ready.push(id));
            }
            BridgeKind::Noop => ready.extend(self.flows.iter().map(|(id, _)| id)),
        }
        ready
    }

    pub(crate) fn give_back(&mut self, ready: Vec<SourceId>) {
        self.ready = ready;
    }

    /// Moves bytes between a flow's socket and its pipe, and removes the flow when it is over.
    pub(crate) fn pump(&mut self, id: SourceId, budget: usize) -> Pumped {
        let Some(waker) = self.waker(id) else {
            return Pumped::default();
        };
        let Some(flow) = self.flows.get_mut(id) else {
            return Pumped::default();
        };
        let pumped = flow.pump(budget, &waker);
        if pumped.ended.is_some() {
            self.closing.push_back(id);
        }
        if pumped.more && self.bridge == BridgeKind::Ready {
            self.flows.mark(id);
        }
        if pumped.over {
            self.remove(id);
        } else {
            self.queue_flush(id);
        }
        pumped
    }

    fn waker(&self, id: SourceId) -> Option<Waker> {
        match self.bridge {
            BridgeKind::Ready => self.flows.waker(id).cloned(),
            BridgeKind::Noop => self.flows.contains(id).then(|| Waker::noop().clone()),
        }
    }

    /// Lets smoltcp send, a flow after the other, and hands its packets to the device, until nothing
    /// is left to send, the device is full, or about `budget` packets were sent.
    ///
    /// # Errors
    ///
    /// The device's.
    pub(crate) fn flush<S: PacketSink>(
        &mut self,
        sink: &mut S,
        budget: usize,
    ) -> io::Result<Flushed> {
        let mut flushed = Flushed::default();
        loop {
            // The queue in between is short. It is filled and emptied in turns.
            self.fill_outgoing();
            if self.phy.outgoing.is_empty() {
                return Ok(flushed);
            }
            while let Some(packet) = self.phy.outgoing.pop_front() {
                if let Err(packet) = sink.try_send(packet)? {
                    self.phy.outgoing.push_front(packet);
                    return Ok(flushed);
                }
                flushed.sent += 1;
            }
            if flushed.sent >= budget {
                flushed.out_of_budget = !self.to_flush.is_empty();
                return Ok(flushed);
            }
        }
    }

    fn fill_outgoing(&mut self) {
        while self.phy.has_room() {
            let Some(id) = self.to_flush.pop_front() else {
                return;
            };
            if !self.flush_flow(id) {
                self.to_flush.push_back(id);
            }
        }
    }

    /// Says whether the flow has nothing left to send now.
    fn flush_flow(&mut self, id: SourceId) -> bool {
        let now = self.now();
        let Some(flow) = self.flows.get_mut(id) else {
            return true;
        };
        flow.remember_the_fin();
        let look_again = flow.give_up_if_vanished(self.vanished, Instant::now());
        for _ in 0..QUANTUM {
            if !self.phy.has_room() {
                return false;
            }
            let result = self
                .interface
                .poll_egress(now, &mut self.phy, &mut flow.sockets);
            if result == PollResult::None {
                flow.to_flush = false;
                self.set_timer(id, now, look_again);
                return true;
            }
        }
        false
    }

    /// Sees to it that the flow is polled when smoltcp wants it (S2).
    fn set_timer(
        &mut self,
        id: SourceId,
        now: smoltcp::time::Instant,
        look_again: Option<Instant>,
    ) {
        let Some(flow) = self.flows.get_mut(id) else {
            return;
        };
        let wanted = self.interface.poll_at(now, &flow.sockets).map(|at| {
            let at = u64::try_from(at.total_micros()).unwrap_or(0);
            self.epoch + Duration::from_micros(at)
        });
        let half_open = (flow.stage == Stage::Opening).then(|| flow.born + self.handshake);
        let wishes = [wanted, half_open, look_again];
        if let Some(at) = wishes.into_iter().flatten().min() {
            self.timers.set(&mut flow.timer, id, at);
        }
    }

    /// A flow's timer has fired.
    pub(crate) fn timer_fired(&mut self, id: SourceId) {
        if let Some(flow) = self.flows.get_mut(id) {
            flow.timer = None;
            self.queue_flush(id);
        }
    }

    /// Whether a flow has ended and waits for what may still come of it.
    pub(crate) fn is_in_time_wait(&self, id: SourceId) -> bool {
        let flow = self.flows.get(id);
        flow.is_some_and(|flow| flow.socket().state() == State::TimeWait)
    }

    /// What phase 6 waits for here: marks, and timers.
    pub(crate) fn wake_sources(&mut self) -> (&mut ReadySet<Flow>, &mut Timers) {
        (&mut self.flows, &mut self.timers)
    }

    /// Takes the timers that are due now, at most `budget`, and lets smoltcp do what is due on the
    /// whole interface. Returns the flows whose handshake has taken too long; they are reset.
    pub(crate) fn maintain(&mut self, budget: usize) -> usize {
        let now = self.now();
        self.interface.poll_maintenance(now);
        for _ in 0..budget {
            let due = poll_once_with(Waker::noop(), |cx| self.timers.poll_due(cx));
            let Poll::Ready(id) = due else { break };
            self.timer_fired(id);
        }
        self.sweep()
    }

    fn sweep(&mut self) -> usize {
        let limit = self.handshake;
        let mut swept = 0;
        // Those whose timer has fired are in the flush queue, and no others can be too old.
        for &id in &self.to_flush {
            let Some(flow) = self.flows.get_mut(id) else {
                continue;
            };
            if flow.stage == Stage::Opening && flow.born.elapsed() >= limit {
                flow.abort();
                self.closing.push_back(id);
                // To be removed once its reset is out.
                self.flows.mark(id);
                swept += 1;
            }
        }
        swept
    }

    /// Removes the flow that has been closing for longest, to make room. Says whether there was
    /// one.
    pub(crate) fn evict_closing(&mut self) -> bool {
        match self.closing.front().copied() {
            Some(id) => {
                self.remove(id);
                true
            }
            None => false,
        }
    }

    /// Resets every flow. Their resets are sent by the next [`flush`](Self::flush).
    pub(crate) fn abort_all(&mut self) {
        let ids: Vec<_> = self.flows.iter().map(|(id, _)| id).collect();
        for id in ids {
            let flow = &mut self.flows[id];
            if flow.stage != Stage::Closing {
                flow.abort();
                self.closing.push_back(id);
                self.queue_flush(id);
            }
        }
    }

    /// Takes a flow out, with its socket, its pipe and its timer (S1).
    pub(crate) fn remove(&mut self, id: SourceId) {
        let Some(flow) = self.flows.remove(id) else {
            return;
        };
        self.by_tuple.remove(&flow.tuple);
        if let Some(timer) = flow.timer {
            self.timers.cancel(timer);
        }
        if let Some(index) = self.closing.iter().position(|&other| other == id) {
            self.closing.remove(index);
        }
    }

    /// Whether a flow has something to send that had no room yet.
    pub(crate) fn wants_to_send(&self) -> bool {
        !self.to_flush.is_empty()
    }

    fn queue_flush(&mut self, id: SourceId) {
        if let Some(flow) = self.flows.get_mut(id)
            && !flow.to_flush
        {
            flow.to_flush = true;
            self.to_flush.push_back(id);
        }
    }

    fn now(&self) -> smoltcp::time::Instant {
        let micros = self.epoch.elapsed().as_micros();
        // 292 000 years.
        smoltcp::time::Instant::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Holds the flows against the invariants, and names the first that is broken.
    pub(crate) fn check(&self) -> Result<(), String> {
        let broken =
            |what: &str, flow: &Flow| Err(format!("{what}: {} {:?}", flow.tuple, flow.stage));
        if self.by_tuple.len() != self.flows.len() {
            return Err(format!(
                "{} tuples for {} flows",
                self.by_tuple.len(),
                self.flows.len()
            ));
        }
        let mut timers = 0;
        for (id, flow) in self.flows.iter() {
            timers += usize::from(flow.timer.is_some());
            if self.find(&flow.tuple) != Some(id) {
                return broken("a flow that its tuple does not lead to", flow);
            }
            if flow.to_flush != self.to_flush.contains(&id) {
                return broken(
                    "a flush mark without a place in the queue, or the reverse",
                    flow,
                );
            }
            if (flow.stage == Stage::Open) != flow.end.is_some() {
                return broken("an open flow without a pipe, or a pipe without one", flow);
            }
            if (flow.stage == Stage::Closing) != self.closing.contains(&id) {
                return broken("a closing flow that is not listed, or the reverse", flow);
            }
        }
        if timers != self.timers.len() {
            return Err(format!("{} timers, {timers} known", self.timers.len()));
        }
        Ok(())
    }
}

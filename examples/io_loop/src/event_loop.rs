//! The loop: what it owns, its turn, and its end.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::Arc;

use async_patterns::broadcast::LagAware;
use async_patterns::sync::SourceId;
use async_patterns::task::{Outcome, ShutdownReport, ShutdownStage, TaskScope};
use tokio::sync::broadcast;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::connector::{Connector, Target};
use crate::device::Device;
use crate::dns::{Interceptor, Resolve, SystemResolver};
use crate::event::{EVENTS, Event};
use crate::metrics::{Metrics, Snapshot};
use crate::phases::Wake;
use crate::phases::drain::Incoming;
use crate::stack::Stack;
use crate::udp::Associations;

/// A forwarder: one task that owns the network stack, and a session task for each TCP flow and UDP
/// association.
///
/// See [`phases`](crate::phases) for what a turn does.
pub struct IoLoop<D: Device, C> {
    pub(crate) config: Config,
    pub(crate) source: D::Source,
    pub(crate) sink: D::Sink,
    pub(crate) stack: Stack,
    /// Packets between phases 1 and 2.
    pub(crate) incoming: VecDeque<Incoming>,
    /// Flows between phases 2 and 3.
    pub(crate) established: Vec<SourceId>,
    pub(crate) connector: C,
    pub(crate) sessions: TaskScope,
    pub(crate) associations: Associations,
    pub(crate) dns: Option<Interceptor>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) token: CancellationToken,
    /// A phase has left work because its budget was spent.
    pub(crate) again: bool,
    events: broadcast::Sender<Event>,
}

/// How a loop ended.
#[derive(Debug)]
pub struct Summary {
    /// What the loop has done.
    pub metrics: Snapshot,
    /// What became of its sessions.
    pub sessions: ShutdownReport,
    /// How long it ran, its shutdown included.
    pub ran: std::time::Duration,
    /// Why the device ended, if that is what ended the loop.
    pub device: Option<io::Error>,
}

impl<D: Device, C: Connector + Sync> IoLoop<D, C> {
    /// A loop on a device, with the system's resolver for what DNS interception asks.
    ///
    /// Ends when `token` is cancelled.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose timer is enabled.
    pub fn new(device: D, connector: C, config: Config, token: CancellationToken) -> Self {
        Self::with_resolver(device, connector, SystemResolver, config, token)
    }

    /// As [`new`](Self::new), with a resolver of your own.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose timer is enabled.
    pub fn with_resolver<R: Resolve + Sync>(
        device: D,
        connector: C,
        resolver: R,
        config: Config,
        token: CancellationToken,
    ) -> Self {
        let stack = Stack::new(device.mtu(), &config, random_seed());
        let metrics = Arc::new(Metrics::default());
        let (events, _) = broadcast::channel(EVENTS);
        let told = events.clone();
        // Not a child of `token`: the loop ends first, and then its sessions, within one limit.
        let sessions = TaskScope::builder()
            .name("sessions")
            .on_event(move |event| {
                if matches!(event.child.outcome, Outcome::Panicked(_)) {
                    let _ = told.send(Event::Panicked(event.to_string()));
                }
            })
            .build();
        let dns = config
            .dns
            .map(|dns| Interceptor::new(dns, resolver, &sessions));
        let associations = Associations::new(stack.pool(), &config);
        let (source, sink) = device.split();
        Self {
            source,
            sink,
            stack,
            incoming: VecDeque::with_capacity(config.packets_per_turn),
            established: Vec::new(),
            connector,
            sessions,
            associations,
            dns,
            metrics,
            token,
            again: false,
            events,
            config,
        }
    }

    /// TCP flows that the loop holds, those included that are on their way in or out.
    pub fn flows(&self) -> usize {
        self.stack.flows.len()
    }

    /// The counters, to be read while the loop runs.
    pub fn metrics(&self) -> Arc<Metrics> {
        self.metrics.clone()
    }

    /// What happens in the loop from now on.
    pub fn events(&self) -> LagAware<broadcast::Receiver<Event>> {
        LagAware::new(self.events.subscribe())
    }

    // ANCHOR: turn
    /// Turns until it is cancelled or its device ends, and then ends its sessions.
    pub async fn run(mut self) -> Summary {
        let began = Instant::now();
        let device = loop {
            if let Err(error) = self.turn() {
                break Some(error);
            }
            if self.wait().await == Wake::Cancelled {
                break None;
            }
        };
        self.shut_down(began, device).await
    }

    /// Phases 1 to 5, none of which waits.
    ///
    /// # Errors
    ///
    /// The device's.
    pub fn turn(&mut self) -> io::Result<()> {
        let began = self.config.measure.then(Instant::now);
        self.metrics.turns.add(1);
        self.drain()?;
        self.poll();
        self.accept();
        self.bridge();
        self.flush()?;
        if let Some(began) = began {
            self.metrics.busy_nanos.add_time(began.elapsed());
        }
        Ok(())
    }
    // ANCHOR_END: turn

    // ANCHOR: shut_down
    /// Ends all sessions within one shared limit, and resets what is left.
    async fn shut_down(mut self, began: Instant, device: Option<io::Error>) -> Summary {
        let limit = self.config.limits.shutdown;
        let sessions = std::mem::take(&mut self.sessions).shutdown(limit).await;
        // What sessions wrote at the end, then a reset for whoever is still connected. The device
        // takes what it has room for; an application that misses its reset learns by its timeout.
        self.bridge();
        self.stack.abort_all();
        let device = device.or_else(|| self.flush().err());
        Summary {
            metrics: self.metrics.snapshot(),
            sessions,
            ran: began.elapsed(),
            device,
        }
    }
    // ANCHOR_END: shut_down

    /// Holds the loop against its invariants between two turns, and names the first that is broken.
    ///
    /// # Errors
    ///
    /// The invariant, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        self.stack.check()?;
        if !self.established.is_empty() {
            return Err("a flow without a session after phase 3".into());
        }
        Ok(())
    }

    /// Where an address leads.
    pub(crate) fn target(&mut self, address: std::net::SocketAddr) -> Target {
        match &mut self.dns {
            Some(dns) => dns.target(address),
            None => Target::Address(address),
        }
    }

    pub(crate) fn tell(&self, event: Event) {
        // An error says that nobody listens.
        let _ = self.events.send(event);
    }
}

/// For sequence numbers that cannot be guessed from outside.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "ran for {:.1?}", self.ran)?;
        self.metrics.fmt(f)?;
        if let Some(error) = &self.device {
            writeln!(f, "the device ended: {error}")?;
        }
        let totals = self.sessions.totals();
        write!(f, "{totals}; shut down in {:.1?}", self.sessions.took())?;
        // The table of the report names every session; here only those that one should look at.
        let unclean = self.sessions.children().iter().filter(|child| {
            child.stage == ShutdownStage::Aborted
                || matches!(
                    child.outcome,
                    Outcome::Panicked(_) | Outcome::Failed(_) | Outcome::StillRunning
                )
        });
        for child in unclean.take(10) {
            write!(f, "\n  {}: {}, {}", child.name, child.outcome, child.stage)?;
        }
        Ok(())
    }
}

impl<D: Device, C> fmt::Debug for IoLoop<D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IoLoop")
            .field("flows", &self.stack.flows.len())
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}

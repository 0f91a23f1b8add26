//! The body of a session: the forwarder of the example `io_loop`.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::Duration;

use async_patterns::session::{BoxError, SessionBody, SessionContext};
use async_patterns::task::TaskScope;
use io_loop::apps::Apps;
use io_loop::config::{DnsConfig, Limits};
use io_loop::connector::{Connector, Direct};
use io_loop::device::{Device, FdDevice, MemoryDevice};
use io_loop::servers::Servers;
use io_loop::workload::{Seen, Workload, names};
use io_loop::{Config, IoLoop};
use tokio::time::sleep;

use crate::figures;

/// For the forwarder's own sessions to end once it is stopped. Hosts wait longer than this.
const DRAIN: Duration = Duration::from_secs(1);
/// Packets between the applications and the loop.
const QUEUE: usize = 512;

/// A forwarder that has not been started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarder {
    /// Where packets come from.
    pub packets: Packets,
    /// The largest packet, in bytes.
    pub mtu: u32,
    /// What is to go wrong.
    pub fault: Option<Fault>,
}

/// Where packets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packets {
    /// From applications inside the session, which open so many flows.
    Memory {
        /// How many.
        flows: u32,
    },
    /// From the host's descriptor of this number.
    Descriptor(RawFd),
}

/// What is to go wrong, for tests of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A panic after so long.
    Panic(Duration),
    /// No ear for a request to stop for so long.
    Deaf(Duration),
}

impl Forwarder {
    /// The host's descriptor, to be duplicated before the start returns.
    pub fn descriptor(&self) -> Option<RawFd> {
        match self.packets {
            Packets::Memory { .. } => None,
            Packets::Descriptor(fd) => Some(fd),
        }
    }

    fn config() -> Config {
        Config {
            dns: Some(DnsConfig::default()),
            limits: Limits {
                shutdown: DRAIN,
                ..Limits::default()
            },
            ..Config::default()
        }
    }

    /// Applications on one side of the loop, servers on the other.
    async fn in_memory(self, flows: u32, context: &SessionContext) -> Result<(), BoxError> {
        // The default sink writes to stderr, which is the host's. What goes wrong here is seen in
        // the figures and in how the session ends.
        let scope = TaskScope::builder().on_event(|_| {}).build();
        let servers = Servers::start(&scope).await?;
        let (apps, device) = MemoryDevice::pair(self.mtu as usize, QUEUE);
        let apps = Apps::start(apps, &Config::default());
        let (config, dns) = (Self::config(), DnsConfig::default().server);
        let seen = Arc::new(Seen::default());
        figures::observe_applications(context, &seen);
        let workload = Workload {
            talkers: flows as usize,
            downloaders: 1,
            ..Workload::default()
        };
        scope.spawn("applications", move |token| async move {
            workload.run(&apps, dns, servers, &seen, &token).await;
        });
        let token = context.token().clone();
        let io = IoLoop::with_resolver(device, Direct, names(&servers), config, token);
        let ended = self.forward(io, context).await;
        // The applications go last, so that they see how the loop ends.
        let report = scope.shutdown(DRAIN).await;
        if report.running_at_deadline().next().is_some() {
            context.record_error(std::io::Error::other(report.to_string()));
        }
        ended
    }

    /// Runs the loop until it is cancelled or its device ends, unless something goes wrong.
    async fn forward<D: Device, C: Connector + Sync>(
        self,
        io: IoLoop<D, C>,
        context: &SessionContext,
    ) -> Result<(), BoxError> {
        figures::observe_loop(context, &io.metrics());
        let running = io.run();
        let summary = match self.fault {
            None => running.await,
            Some(Fault::Panic(after)) => tokio::select! {
                summary = running => summary,
                () = sleep(after) => panic!("the session panicked, as its options asked"),
            },
            Some(Fault::Deaf(time)) => futures::join!(running, sleep(time)).0,
        };
        match summary.device {
            Some(error) => Err(format!("the packet device ended: {error}").into()),
            None => Ok(()),
        }
    }
}

impl SessionBody for Forwarder {
    async fn run(self, mut context: SessionContext) -> Result<(), BoxError> {
        match self.packets {
            Packets::Memory { flows } => self.in_memory(flows, &context).await,
            Packets::Descriptor(_) => {
                let fd = context
                    .take_fd(0)
                    .ok_or("the session was started without its descriptor")?;
                let device = FdDevice::new(fd, self.mtu as usize).map_err(|error| {
                    format!("packets cannot be read from the descriptor: {error}")
                })?;
                let token = context.token().clone();
                let io = IoLoop::new(device, Direct, Self::config(), token);
                self.forward(io, &context).await
            }
        }
    }
}

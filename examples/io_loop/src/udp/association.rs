//! One association: datagrams of one application socket, to any target and back.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use async_patterns::timeout::fused_timeout;
use tokio::sync::mpsc;

use super::{Outbound, datagram};
use crate::buffer::{Packet, Pool};
use crate::connector::{Connector, Datagrams, Target};

/// Names that one association remembers, to answer from the addresses they were mapped to.
const ALIASES: usize = 256;

/// Why an association could not be opened, or broke.
#[derive(Debug)]
pub(crate) enum AssociationError {
    Open(io::Error),
    OpenTimeout,
    Broken(io::Error),
}

impl fmt::Display for AssociationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => write!(f, "cannot open an association: {error}"),
            Self::OpenTimeout => f.write_str("the association was not opened in time"),
            Self::Broken(error) => write!(f, "the association broke: {error}"),
        }
    }
}

impl std::error::Error for AssociationError {}

pub(crate) struct Task<C> {
    pub(crate) app: SocketAddr,
    pub(crate) connector: C,
    pub(crate) outbound: mpsc::Receiver<Outbound>,
    pub(crate) to_loop: mpsc::Sender<Packet>,
    pub(crate) pool: Pool,
    pub(crate) connect: Duration,
    pub(crate) idle: Duration,
}

impl<C: Connector + Sync> Task<C> {
    /// Runs until it is idle for too long, or dropped. Nothing is lost by that but datagrams.
    pub(crate) async fn run(mut self) -> Result<(), AssociationError> {
        let mut datagrams = match fused_timeout(self.connect, self.connector.associate()).await {
            Ok(opened) => opened.map_err(AssociationError::Open)?,
            Err(_) => return Err(AssociationError::OpenTimeout),
        };
        // A byte more than fits, to tell a datagram that is too long from one that just fits.
        let mut buffer = vec![0; self.pool.size() + 1];
        let mut aliases = Aliases::default();
        // One timer for all passes, set anew by each datagram.
        let mut idle = pin!(fused_timeout(self.idle, std::future::pending::<()>()));
        loop {
            tokio::select! {
                outbound = self.outbound.recv() => {
                    let Some(outbound) = outbound else { return Ok(()) };
                    aliases.note(&outbound);
                    let payload = &outbound.packet[outbound.payload.clone()];
                    send(&mut datagrams, payload, &outbound.target).await?;
                }
                received = datagrams.recv(&mut buffer) => {
                    // An ICMP error of an earlier datagram is no reason to end.
                    if let Some((len, from)) = unless_refused(received)? {
                        let from = aliases.of(from);
                        if let Some(packet) = datagram(&self.pool, from, self.app, &buffer[..len]) {
                            // A loop that is behind loses datagrams, as UDP allows.
                            let _ = self.to_loop.try_send(packet);
                        }
                    }
                }
                _ = &mut idle => return Ok(()),
            }
            idle.as_mut().reset(self.idle);
        }
    }
}

async fn send<D: Datagrams>(
    datagrams: &mut D,
    payload: &[u8],
    target: &Target,
) -> Result<(), AssociationError> {
    match datagrams.send(payload, target).await {
        // Of this target or this datagram, not of the association.
        Err(error) if !is_end(&error) => Ok(()),
        sent => sent.map_err(AssociationError::Broken),
    }
}

fn unless_refused<T>(received: io::Result<T>) -> Result<Option<T>, AssociationError> {
    match received {
        Ok(received) => Ok(Some(received)),
        Err(error) if !is_end(&error) => Ok(None),
        Err(error) => Err(AssociationError::Broken(error)),
    }
}

/// Whether the association itself is over: a proxy closes it by its TCP connection.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted
    )
}

/// From the real address of a name to the one that the application knows.
#[derive(Default)]
struct Aliases {
    by_address: HashMap<SocketAddr, SocketAddr>,
    /// For names that a proxy resolves, whose real address is seen only in the answer.
    by_port: HashMap<u16, SocketAddr>,
}

impl Aliases {
    fn note(&mut self, outbound: &Outbound) {
        let Target::Name {
            addresses, port, ..
        } = &outbound.target
        else {
            return;
        };
        if self.by_address.len() + addresses.len() > ALIASES {
            self.by_address.clear();
        }
        if self.by_port.len() >= ALIASES {
            self.by_port.clear();
        }
        for address in addresses {
            self.by_address.insert(*address, outbound.sent_to);
        }
        self.by_port.insert(*port, outbound.sent_to);
    }

    fn of(&self, from: SocketAddr) -> SocketAddr {
        let known = self.by_address.get(&from);
        let known = known.or_else(|| self.by_port.get(&from.port()));
        known.copied().unwrap_or(from)
    }
}

//! UDP: an association for each application socket, as a task of its own.

mod association;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;

use async_patterns::task::{ChildHandle, TaskScope};
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{IpAddress, IpProtocol, IpRepr, UdpPacket, UdpRepr};
use tokio::sync::mpsc;

use crate::buffer::{Packet, Pool};
use crate::config::Config;
use crate::connector::{Connector, Target};

const UDP_HEADER: usize = 8;

/// A datagram as an IP packet, or `None` if it is too long for the device or its addresses are of
/// two versions of IP.
pub fn datagram(pool: &Pool, from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Option<Packet> {
    if from.is_ipv4() != to.is_ipv4() {
        return None;
    }
    let (source, destination) = (IpAddress::from(from.ip()), IpAddress::from(to.ip()));
    let len = UDP_HEADER + payload.len();
    let ip = IpRepr::new(source, destination, IpProtocol::Udp, len, 64);
    let header = ip.header_len();
    let mut packet = pool.take();
    if header + len > packet.space().len() {
        return None;
    }
    packet.set_len(header + len);
    let checksums = ChecksumCapabilities::default();
    ip.emit(&mut packet[..], &checksums);
    let udp = UdpRepr {
        src_port: from.port(),
        dst_port: to.port(),
    };
    udp.emit(
        &mut UdpPacket::new_unchecked(&mut packet[header..]),
        &source,
        &destination,
        payload.len(),
        |space| space.copy_from_slice(payload),
        &checksums,
    );
    Some(packet)
}

/// A datagram on its way to the world, still in the packet it came in.
#[derive(Debug)]
pub(crate) struct Outbound {
    pub(crate) packet: Packet,
    pub(crate) payload: Range<usize>,
    /// Where the application sent it.
    pub(crate) sent_to: SocketAddr,
    /// Where that is.
    pub(crate) target: Target,
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// It is in an association's queue, not dropped.
    pub(crate) queued: bool,
    /// It opened an association.
    pub(crate) opened: bool,
    /// It took the place of this application's association.
    pub(crate) evicted: Option<SocketAddr>,
}

/// All associations, by the application's socket.
pub(crate) struct Associations {
    by_app: HashMap<SocketAddr, Association>,
    /// Counts datagrams, to know which association was unused for longest.
    clock: u64,
    /// Packets for the applications.
    replies: mpsc::Receiver<Packet>,
    to_loop: mpsc::Sender<Packet>,
    pool: Pool,
    config: Config,
}

struct Association {
    queue: mpsc::Sender<Outbound>,
    task: ChildHandle,
    used: u64,
}

impl Associations {
    pub(crate) fn new(pool: &Pool, config: &Config) -> Self {
        let (to_loop, replies) = mpsc::channel(config.udp.queue.max(config.packets_per_turn));
        Self {
            by_app: HashMap::new(),
            clock: 0,
            replies,
            to_loop,
            pool: pool.clone(),
            config: config.clone(),
        }
    }

    /// Hands a datagram to the association of its application, which is opened if need be.
    pub(crate) fn send<C: Connector + Sync>(
        &mut self,
        app: SocketAddr,
        outbound: Outbound,
        connector: &C,
        scope: &TaskScope,
    ) -> Sent {
        let mut sent = Sent {
            queued: false,
            opened: false,
            evicted: None,
        };
        self.clock += 1;
        // One that ended in the meantime, because it was idle or failed, is replaced.
        let alive = self
            .by_app
            .get(&app)
            .is_some_and(|association| !association.queue.is_closed());
        if !alive {
            self.by_app.remove(&app);
            sent.evicted = self.make_room();
            sent.opened = true;
            let opened = self.open(app, connector, scope);
            self.by_app.insert(app, opened);
        }
        if let Some(association) = self.by_app.get_mut(&app) {
            association.used = self.clock;
            sent.queued = association.queue.try_send(outbound).is_ok();
        }
        sent
    }

    fn open<C: Connector + Sync>(
        &self,
        app: SocketAddr,
        connector: &C,
        scope: &TaskScope,
    ) -> Association {
        let (queue, outbound) = mpsc::channel(self.config.udp.queue);
        let association = association::Task {
            app,
            connector: connector.clone(),
            outbound,
            to_loop: self.to_loop.clone(),
            pool: self.pool.clone(),
            connect: self.config.limits.connect,
            idle: self.config.udp.idle,
        };
        let task = scope.spawn_until_cancelled(format!("udp {app}"), association.run());
        Association {
            queue,
            task,
            used: self.clock,
        }
    }

    /// Ends the association that was unused for longest, if there are as many as there may be.
    fn make_room(&mut self) -> Option<SocketAddr> {
        if self.by_app.len() < self.config.udp.max_associations {
            return None;
        }
        self.by_app
            .retain(|_, association| !association.queue.is_closed());
        if self.by_app.len() < self.config.udp.max_associations {
            return None;
        }
        let oldest = self
            .by_app
            .iter()
            .min_by_key(|(_, association)| association.used)
            .map(|(app, _)| *app)?;
        if let Some(association) = self.by_app.remove(&oldest) {
            association.task.cancel();
        }
        Some(oldest)
    }

    /// The next packet for an application. Never `None`: this side keeps a sender too.
    ///
    /// # Cancel safety
    ///
    /// That of [`mpsc::Receiver::recv`]: a cancelled call has taken nothing.
    pub(crate) async fn next(&mut self) -> Option<Packet> {
        self.replies.recv().await
    }

    /// The next packet for an application, if there is one now.
    pub(crate) fn try_next(&mut self) -> Option<Packet> {
        self.replies.try_recv().ok()
    }
}

//! What can be set.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How phase 4 learns which sessions have something to move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BridgeKind {
    /// Wakers mark sessions in a [`ReadySet`](async_patterns::sync::ReadySet); only those marked are
    /// touched, and a mark wakes the loop.
    #[default]
    Ready,
    /// Every session is polled with a no-op waker in each turn, and the loop sleeps at most
    /// [`NOOP_SLEEP`](crate::phases::NOOP_SLEEP) in between. Kept to be measured against.
    Noop,
}

/// The settings of an [`IoLoop`](crate::IoLoop).
#[derive(Clone, Debug)]
pub struct Config {
    /// How phase 4 finds its work.
    pub bridge: BridgeKind,
    /// How many packets, datagrams and answers a turn takes in, each.
    pub packets_per_turn: usize,
    /// How many sessions a turn touches.
    pub flows_per_turn: usize,
    /// How many bytes a turn moves for one session, each way.
    pub bytes_per_flow: usize,
    /// Bytes of each of a TCP socket's two buffers. The receive buffer is the window.
    pub socket_buffer: usize,
    /// Bytes of each direction of the pipe between the loop and a session.
    pub session_buffer: usize,
    /// TCP flows at a time. A SYN beyond it is refused with a RST.
    pub max_flows: usize,
    /// smoltcp's delayed ACK; `None` acknowledges at once.
    pub ack_delay: Option<Duration>,
    /// How long things may take.
    pub limits: Limits,
    /// UDP associations.
    pub udp: UdpConfig,
    /// DNS interception, if any.
    pub dns: Option<DnsConfig>,
    /// Whether the turns and their bridge phase are timed, for benches.
    pub measure: bool,
}

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From an application's SYN to its ACK.
    pub handshake: Duration,
    /// From a session's start to its connection upstream, a proxy's greeting included.
    pub connect: Duration,
    /// Without a byte either way.
    pub idle: Duration,
    /// Without a sign of the application while something waits for its acknowledgement.
    pub vanished: Duration,
    /// For all sessions and associations together to end once the loop is cancelled.
    pub shutdown: Duration,
}

/// The settings of UDP associations.
#[derive(Clone, Copy, Debug)]
pub struct UdpConfig {
    /// Associations at a time. The one unused for longest makes room for a new one.
    pub max_associations: usize,
    /// How long one is kept without a datagram.
    pub idle: Duration,
    /// Datagrams that may wait in each direction. More are dropped, as UDP allows.
    pub queue: usize,
}

/// The settings of DNS interception.
#[derive(Clone, Copy, Debug)]
pub struct DnsConfig {
    /// The resolver that applications are told to use; what goes there is answered by the loop.
    pub server: SocketAddr,
    /// The first address of the range that names are mapped to.
    pub first_address: Ipv4Addr,
    /// Names at a time, which is also the size of the range.
    pub names: u16,
    /// How long a mapping is kept after its name was last asked for, and the TTL of the answers.
    pub ttl: Duration,
    /// How long the resolver may take.
    pub limit: Duration,
    /// Questions that may wait for the resolver. More are answered SERVFAIL.
    pub queue: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bridge: BridgeKind::Ready,
            packets_per_turn: 64,
            flows_per_turn: 256,
            bytes_per_flow: 64 * 1024,
            socket_buffer: 64 * 1024,
            session_buffer: 64 * 1024,
            max_flows: 1024,
            ack_delay: Some(Duration::from_millis(10)),
            limits: Limits::default(),
            udp: UdpConfig::default(),
            dns: None,
            measure: false,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            connect: Duration::from_secs(10),
            idle: Duration::from_mins(5),
            vanished: Duration::from_mins(1),
            shutdown: Duration::from_secs(5),
        }
    }
}

impl Default for UdpConfig {
    fn default() -> Self {
        Self {
            max_associations: 256,
            idle: Duration::from_mins(1),
            queue: 64,
        }
    }
}

impl Default for DnsConfig {
    fn default() -> Self {
        Self {
            server: SocketAddr::from((Ipv4Addr::new(198, 18, 0, 1), 53)),
            first_address: Ipv4Addr::new(198, 18, 1, 0),
            names: 1024,
            ttl: Duration::from_mins(1),
            limit: Duration::from_secs(5),
            queue: 64,
        }
    }
}

//! Applications without an operating system: a second smoltcp stack at the other end of a
//! [`MemoryDevice`](crate::device::MemoryDevice).
//!
//! It opens TCP flows and UDP sockets, as the programs behind a TUN device would, and is made of
//! the same parts as the loop, with a small loop of its own around them.

mod link;
mod player;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use crate::config::Config;
use crate::device::Device;
use crate::dns::message;
use crate::stack::FlowStream;
use crate::stack::Stack;
use player::{Command, Player};

pub use link::{Impairments, Link};

/// The applications' address.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
/// The applications' address in IPv6.
pub const ADDRESS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2);

/// Datagrams that may wait for an application.
const SOCKET_QUEUE: usize = 64;

/// A handle to the applications' stack. The stack ends with the last handle.
#[derive(Clone, Debug)]
pub struct Apps {
    commands: mpsc::Sender<Command>,
    next_port: Arc<AtomicU16>,
    _player: Arc<AbortOnDropHandle<()>>,
}

impl Apps {
    /// Starts a stack on its end of a device. Of the configuration it takes the buffers, the
    /// delayed ACK and the limits.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose timer is enabled.
    pub fn start<D: Device>(device: D, config: &Config) -> Self {
        let stack = Stack::new(device.mtu(), config, 1);
        let (commands, received) = mpsc::channel(16);
        let player = Player::<D>::new(device, stack, received, config);
        Self {
            commands,
            next_port: Arc::new(AtomicU16::new(0)),
            _player: Arc::new(AbortOnDropHandle::new(tokio::spawn(player.run()))),
        }
    }

    /// Opens a TCP flow.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::ConnectionRefused`] when the answer is a reset or there is none.
    ///
    /// # Cancel safety
    ///
    /// A cancelled call resets the flow, if it was opened meanwhile.
    pub async fn connect(&self, to: SocketAddr) -> io::Result<FlowStream> {
        self.connect_from(self.local(to), to).await
    }

    /// As [`connect`](Self::connect), from a port of your choice.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    ///
    /// # Cancel safety
    ///
    /// That of [`connect`](Self::connect).
    pub async fn connect_from(&self, from: SocketAddr, to: SocketAddr) -> io::Result<FlowStream> {
        let (reply, opened) = oneshot::channel();
        let command = Command::Connect { from, to, reply };
        self.commands.send(command).await.map_err(|_| gone())?;
        opened.await.map_err(|_| gone())?
    }

    /// Opens a UDP socket.
    ///
    /// # Errors
    ///
    /// When the stack is gone.
    pub async fn bind(&self) -> io::Result<AppSocket> {
        let local = self.local(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        let (inbox, from) = mpsc::channel(SOCKET_QUEUE);
        let command = Command::Bind { local, inbox };
        self.commands.send(command).await.map_err(|_| gone())?;
        Ok(AppSocket {
            local,
            commands: self.commands.clone(),
            from,
        })
    }

    /// Asks a DNS server for the IPv4 address of a name.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] when there is no such name, and [`io::ErrorKind::Other`] when the
    /// server says that it failed.
    ///
    /// # Cancel safety
    ///
    /// A cancelled call may have asked; nobody waits for the answer.
    pub async fn resolve(&self, server: SocketAddr, name: &str) -> io::Result<Ipv4Addr> {
        let mut socket = self.bind().await?;
        let question = message::question(name)?;
        socket.send_to(&question, server).await?;
        let (_, answer) = socket.recv_from().await?;
        message::answered(&answer)
    }

    /// An address and port of this side that was not used for long.
    fn local(&self, to: SocketAddr) -> SocketAddr {
        const FIRST: u16 = 1024;
        let ip = match to {
            SocketAddr::V4(_) => IpAddr::V4(ADDRESS),
            SocketAddr::V6(_) => IpAddr::V6(ADDRESS_V6),
        };
        let port = self.next_port.fetch_add(1, Ordering::Relaxed);
        SocketAddr::new(ip, FIRST + port % (u16::MAX - FIRST))
    }
}

/// A UDP socket of an application.
#[derive(Debug)]
pub struct AppSocket {
    local: SocketAddr,
    commands: mpsc::Sender<Command>,
    from: mpsc::Receiver<(SocketAddr, Vec<u8>)>,
}

impl AppSocket {
    /// Its own address.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Sends a datagram.
    ///
    /// # Errors
    ///
    /// When the stack is gone.
    pub async fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<()> {
        let command = Command::Send {
            from: self.local,
            to,
            payload: payload.to_vec(),
        };
        self.commands.send(command).await.map_err(|_| gone())
    }

    /// Receives a datagram: who sent it, and what.
    ///
    /// # Errors
    ///
    /// When the stack is gone.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a cancelled call has taken nothing.
    pub async fn recv_from(&mut self) -> io::Result<(SocketAddr, Vec<u8>)> {
        self.from.recv().await.ok_or_else(gone)
    }
}

fn gone() -> io::Error {
    io::Error::new(
        io::ErrorKind::NotConnected,
        "the applications' stack has ended",
    )
}

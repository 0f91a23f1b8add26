//! How sessions reach the world.

mod direct;
mod socks5;

use std::fmt;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub use direct::{Direct, DirectDatagrams};
pub use socks5::{Credentials, Socks5, Socks5Datagrams, wire};

/// Where a session goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// To an address.
    Address(SocketAddr),
    /// To a name that DNS interception has mapped. The addresses are what the resolver said; a
    /// proxy is given the name and resolves it itself.
    Name {
        /// The name.
        name: String,
        /// Its addresses, with the port.
        addresses: Vec<SocketAddr>,
        /// The port.
        port: u16,
    },
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name { name, port, .. } => write!(f, "{name}:{port}"),
        }
    }
}

/// Opens connections and associations for sessions.
///
/// The trait for implementations whose futures are [`Send`], which is what the loop needs;
/// [`LocalConnector`] is the one for those that are not.
#[trait_variant::make(Connector: Send)]
pub trait LocalConnector: Clone + 'static {
    /// A connection.
    type Stream: Upstream;
    /// An association.
    type Datagrams: Datagrams;

    /// Connects to a target. The caller limits the time.
    async fn connect(&self, target: &Target) -> io::Result<Self::Stream>;

    /// Opens an association, by which datagrams go to any target. The caller limits the time.
    async fn associate(&self) -> io::Result<Self::Datagrams>;
}

/// A connection to the world.
pub trait Upstream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Makes the drop that follows a reset, not an end: the application has reset the flow.
    fn reset_on_drop(&mut self);
}

impl Upstream for TcpStream {
    fn reset_on_drop(&mut self) {
        // It can only fail on a socket that is closed, and then there is nothing to reset.
        let _ = self.set_zero_linger();
    }
}

/// Datagrams to and from the world.
#[trait_variant::make(Datagrams: Send)]
pub trait LocalDatagrams: 'static {
    /// Sends one.
    ///
    /// # Cancel safety
    ///
    /// A cancelled call has sent nothing.
    async fn send(&mut self, payload: &[u8], target: &Target) -> io::Result<()>;

    /// Receives one into `buffer`; returns its length and who sent it.
    ///
    /// # Cancel safety
    ///
    /// A cancelled call has taken nothing.
    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
}

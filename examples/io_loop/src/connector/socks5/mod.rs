//! Through a SOCKS5 proxy.

pub mod wire;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::{Connector, Datagrams, Target};
use wire::{Address, Command, Parsed, WireError};

/// A user and a password.
#[derive(Clone)]
pub struct Credentials {
    user: Arc<[u8]>,
    password: Arc<[u8]>,
}

impl Credentials {
    /// Both must have 1 to 255 bytes; that is all that SOCKS5 has room for.
    ///
    /// # Errors
    ///
    /// A sentence that says which of them has not.
    pub fn new(user: &str, password: &str) -> Result<Self, String> {
        for (what, value) in [("user", user), ("password", password)] {
            if value.is_empty() || value.len() > usize::from(u8::MAX) {
                return Err(format!(
                    "the SOCKS5 {what} has {} bytes; it must have 1 to 255",
                    value.len()
                ));
            }
        }
        Ok(Self {
            user: user.as_bytes().into(),
            password: password.as_bytes().into(),
        })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The password stays out of logs.
        f.debug_struct("Credentials")
            .field("user", &String::from_utf8_lossy(&self.user))
            .finish_non_exhaustive()
    }
}

/// Connects through a SOCKS5 proxy, which resolves names itself.
#[derive(Clone, Debug)]
pub struct Socks5 {
    proxy: SocketAddr,
    credentials: Option<Credentials>,
}

impl Socks5 {
    /// Without credentials it offers no authentication; with them, both.
    pub fn new(proxy: SocketAddr, credentials: Option<Credentials>) -> Self {
        Self { proxy, credentials }
    }

    /// Opens a connection to the proxy and makes one request. Returns what the proxy uses for it.
    async fn request(&self, command: Command, target: &Target) -> io::Result<(TcpStream, Address)> {
        let request = wire::request(command, target).map_err(|error| self.says(error))?;
        let mut stream = TcpStream::connect(self.proxy).await.map_err(|error| {
            io::Error::new(error.kind(), format!("proxy {}: {error}", self.proxy))
        })?;
        stream.set_nodelay(true)?;
        let with_password = self.credentials.is_some();
        stream.write_all(wire::greeting(with_password)).await?;
        let method = |bytes: &[u8]| wire::parse_method(bytes, with_password);
        let wants_password = self.read(&mut stream, method).await?;
        if let Some(credentials) = self.credentials.as_ref().filter(|_| wants_password) {
            let message = wire::password(&credentials.user, &credentials.password);
            stream.write_all(&message).await?;
            self.read(&mut stream, wire::parse_password).await?;
        }
        stream.write_all(&request).await?;
        let bound = self.read(&mut stream, wire::parse_reply).await?;
        Ok((stream, bound))
    }

    /// Reads one message and not a byte more.
    async fn read<T>(
        &self,
        stream: &mut (impl AsyncRead + Unpin),
        parse: impl Fn(&[u8]) -> Result<Parsed<T>, WireError>,
    ) -> io::Result<T> {
        let mut message = Vec::new();
        loop {
            match parse(&message).map_err(|error| self.says(error))? {
                Parsed::Done(parsed, _) => return Ok(parsed),
                Parsed::Needs(needs) => {
                    let have = message.len();
                    message.resize(needs, 0);
                    stream.read_exact(&mut message[have..]).await?;
                }
            }
        }
    }

    fn says(&self, error: WireError) -> io::Error {
        let kind = match error {
            WireError::Failed(5) => io::ErrorKind::ConnectionRefused,
            WireError::Refused | WireError::NoMethod => io::ErrorKind::PermissionDenied,
            WireError::Name => io::ErrorKind::InvalidInput,
            WireError::Failed(_) => io::ErrorKind::Other,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, format!("proxy {}: {error}", self.proxy))
    }
}

impl Connector for Socks5 {
    type Stream = TcpStream;
    type Datagrams = Socks5Datagrams;

    async fn connect(&self, target: &Target) -> io::Result<TcpStream> {
        let (stream, _) = self.request(Command::Connect, target).await?;
        Ok(stream)
    }

    async fn associate(&self) -> io::Result<Socks5Datagrams> {
        // From which address the datagrams will come is not known yet.
        let any = Target::Address(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        let (control, bound) = self.request(Command::Associate, &any).await?;
        let relay = match bound {
            // "Where you have reached me already."
            Address::Ip(bound) if bound.ip().is_unspecified() => {
                SocketAddr::new(self.proxy.ip(), bound.port())
            }
            Address::Ip(bound) => bound,
            Address::Name(..) => return Err(self.says(WireError::Address)),
        };
        let any = match relay.ip() {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let socket = UdpSocket::bind((any, 0)).await?;
        socket.connect(relay).await?;
        Ok(Socks5Datagrams {
            socket,
            control,
            buffer: vec![0; usize::from(u16::MAX)],
        })
    }
}

/// An association of a proxy. It lives for as long as its TCP connection.
#[derive(Debug)]
pub struct Socks5Datagrams {
    socket: UdpSocket,
    control: TcpStream,
    buffer: Vec<u8>,
}

impl Datagrams for Socks5Datagrams {
    async fn send(&mut self, payload: &[u8], target: &Target) -> io::Result<()> {
        let mut datagram = wire::datagram_head(target)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        datagram.extend(payload);
        self.socket.send(&datagram).await.map(|_| ())
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        loop {
            let len = tokio::select! {
                len = self.socket.recv(&mut self.buffer) => len?,
                // The proxy has nothing to say here but that it is over.
                ended = self.control.read_u8() => {
                    let error = ended.err().map_or(io::ErrorKind::ConnectionAborted, |_| {
                        io::ErrorKind::UnexpectedEof
                    });
                    return Err(error.into());
                }
            };
            // What is no datagram for us, or from a name, has no address to answer from.
            let Ok((Address::Ip(from), head)) = wire::parse_datagram(&self.buffer[..len]) else {
                continue;
            };
            let payload = &self.buffer[head..len];
            let taken = payload.len().min(buffer.len());
            buffer[..taken].copy_from_slice(&payload[..taken]);
            return Ok((taken, from));
        }
    }
}

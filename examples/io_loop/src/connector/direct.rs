//! Straight to the target.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpStream, UdpSocket};

use super::{Connector, Datagrams, Target};

/// Connects straight to the target, from this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Direct;

impl Connector for Direct {
    type Stream = TcpStream;
    type Datagrams = DirectDatagrams;

    async fn connect(&self, target: &Target) -> io::Result<TcpStream> {
        let stream = match target {
            Target::Address(address) => TcpStream::connect(address).await?,
            Target::Name { addresses, .. } => TcpStream::connect(&addresses[..]).await?,
        };
        // The application's stack has decided already what goes into one packet.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    async fn associate(&self) -> io::Result<DirectDatagrams> {
        Ok(DirectDatagrams {
            v4: UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?,
            // A machine without IPv6 still has IPv4.
            v6: UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await.ok(),
        })
    }
}

/// A socket for each version of IP.
#[derive(Debug)]
pub struct DirectDatagrams {
    v4: UdpSocket,
    v6: Option<UdpSocket>,
}

impl Datagrams for DirectDatagrams {
    async fn send(&mut self, payload: &[u8], target: &Target) -> io::Result<()> {
        let address = match target {
            Target::Address(address) => *address,
            Target::Name {
                addresses, name, ..
            } => *addresses.first().ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::NotFound,
                    format!("`{name}` has no address to send to"),
                )
            })?,
        };
        let socket = match (address, &self.v6) {
            (SocketAddr::V4(_), _) => &self.v4,
            (SocketAddr::V6(_), Some(v6)) => v6,
            (SocketAddr::V6(_), None) => return Err(io::ErrorKind::NetworkUnreachable.into()),
        };
        socket.send_to(payload, address).await.map(|_| ())
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let Some(v6) = &self.v6 else {
            return self.v4.recv_from(buffer).await;
        };
        // Readiness first, so that both can wait and one buffer is enough.
        loop {
            let (socket, ready) = tokio::select! {
                ready = self.v4.readable() => (&self.v4, ready),
                ready = v6.readable() => (v6, ready),
            };
            ready?;
            match socket.try_recv_from(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                received => return received,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use tokio::net::UdpSocket;

    use super::Direct;
    use crate::connector::{Connector, Datagrams, Target};

    #[tokio::test]
    async fn one_association_reaches_both_versions() {
        let mut datagrams = Direct.associate().await.unwrap();
        let v4 = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut servers = vec![v4];
        servers.extend(UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).await.ok());
        for server in servers {
            let address = server.local_addr().unwrap();
            let target = Target::Address(address);
            datagrams.send(b"ping", &target).await.unwrap();
            let mut buffer = [0; 16];
            let (len, from) = server.recv_from(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..len], b"ping");
            server.send_to(b"pong!", from).await.unwrap();
            let (len, from) = datagrams.recv(&mut buffer).await.unwrap();
            assert_eq!((&buffer[..len], from), (&b"pong!"[..], address));
        }
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_an_error() {
        let mut datagrams = Direct.associate().await.unwrap();
        let nowhere = Target::Name {
            name: "nowhere.test".into(),
            addresses: Vec::new(),
            port: 1,
        };
        let error = datagrams.send(b"x", &nowhere).await.unwrap_err();
        assert!(error.to_string().contains("nowhere.test"));
        assert!(Direct.connect(&nowhere).await.is_err());
    }
}

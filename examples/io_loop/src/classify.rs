//! What a packet is, before anything acts on it.
//!
//! The packets come from outside: everything that the rest of the loop relies on (lengths,
//! addresses that make sense, a payload that is inside of the packet) is checked here, once.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use smoltcp::wire::{IpProtocol, IpVersion, Ipv4Packet, Ipv6Packet, TcpPacket, UdpPacket};

/// The two ends of a TCP flow, as the application sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tuple {
    /// The application's own end.
    pub app: SocketAddr,
    /// Where the application wants to go.
    pub target: SocketAddr,
}

impl Tuple {
    /// The same flow as its other end sees it.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            app: self.target,
            target: self.app,
        }
    }
}

impl fmt::Display for Tuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.app, self.target)
    }
}

/// What a packet is.
#[derive(Debug, PartialEq, Eq)]
pub enum Class<'p> {
    /// A TCP segment.
    Tcp {
        /// Its flow.
        tuple: Tuple,
        /// Whether it asks for a new flow: SYN without ACK or RST.
        opens: bool,
    },
    /// A UDP datagram whose checksum is right.
    Udp {
        /// Who sent it.
        app: SocketAddr,
        /// To whom.
        target: SocketAddr,
        /// Its payload.
        payload: &'p [u8],
    },
    /// Something else, for smoltcp to answer or drop: ICMP, for one.
    Other,
}

/// Why a packet goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Neither IPv4 nor IPv6, or shorter than it says, or with a wrong header checksum.
    Malformed,
    /// A part of a packet. The loop does not reassemble; TCP does not need it to.
    Fragment,
    /// From or to an address that no flow can have: unspecified, multicast or broadcast; or port 0.
    Address,
}

/// Says what a packet is.
///
/// # Errors
///
/// [`Rejected`] when it is none that the loop handles.
///
/// # Examples
///
/// ```
/// use io_loop::classify::{Rejected, classify};
///
/// assert_eq!(classify(b""), Err(Rejected::Malformed));
/// ```
pub fn classify(packet: &[u8]) -> Result<Class<'_>, Rejected> {
    // smoltcp looks at the first byte without asking whether there is one.
    if packet.is_empty() {
        return Err(Rejected::Malformed);
    }
    let (source, destination, protocol, payload) = match IpVersion::of_packet(packet) {
        Ok(IpVersion::Ipv4) => {
            let ip = Ipv4Packet::new_checked(packet).map_err(|_| Rejected::Malformed)?;
            if !ip.verify_checksum() {
                return Err(Rejected::Malformed);
            }
            if ip.more_frags() || ip.frag_offset() != 0 {
                return Err(Rejected::Fragment);
            }
            (
                IpAddr::from(ip.src_addr()),
                IpAddr::from(ip.dst_addr()),
                ip.next_header(),
                ip.payload(),
            )
        }
        Ok(IpVersion::Ipv6) => {
            let ip = Ipv6Packet::new_checked(packet).map_err(|_| Rejected::Malformed)?;
            if ip.next_header() == IpProtocol::Ipv6Frag {
                return Err(Rejected::Fragment);
            }
            (
                IpAddr::from(ip.src_addr()),
                IpAddr::from(ip.dst_addr()),
                ip.next_header(),
                ip.payload(),
            )
        }
        Err(_) => return Err(Rejected::Malformed),
    };
    if !is_host(source) {
        return Err(Rejected::Address);
    }
    match protocol {
        IpProtocol::Tcp => tcp(source, destination, payload),
        IpProtocol::Udp => udp(source, destination, payload),
        _ => Ok(Class::Other),
    }
}

fn tcp(source: IpAddr, destination: IpAddr, segment: &[u8]) -> Result<Class<'_>, Rejected> {
    // The checksum is left to smoltcp, which would look at it a second time.
    let segment = TcpPacket::new_checked(segment).map_err(|_| Rejected::Malformed)?;
    Ok(Class::Tcp {
        tuple: Tuple {
            app: host(source, segment.src_port())?,
            target: host(destination, segment.dst_port())?,
        },
        opens: segment.syn() && !segment.ack() && !segment.rst() && !segment.fin(),
    })
}

fn udp(source: IpAddr, destination: IpAddr, datagram: &[u8]) -> Result<Class<'_>, Rejected> {
    let datagram = UdpPacket::new_checked(datagram).map_err(|_| Rejected::Malformed)?;
    if !datagram.verify_checksum(&source.into(), &destination.into()) {
        return Err(Rejected::Malformed);
    }
    Ok(Class::Udp {
        app: host(source, datagram.src_port())?,
        target: host(destination, datagram.dst_port())?,
        payload: datagram.payload(),
    })
}

/// An address and port that a flow can have.
fn host(address: IpAddr, port: u16) -> Result<SocketAddr, Rejected> {
    if port == 0 || !is_host(address) {
        return Err(Rejected::Address);
    }
    Ok(SocketAddr::new(address, port))
}

fn is_host(address: IpAddr) -> bool {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !(address.is_unspecified() || address.is_multicast() || broadcast)
}

#[cfg(test)]
mod tests {
    use super::{Class, Rejected, classify};
    use crate::buffer::Pool;
    use crate::udp::datagram;

    fn a_datagram() -> Vec<u8> {
        let pool = Pool::new(1500, 1);
        let packet = datagram(
            &pool,
            "10.0.0.2:4000".parse().unwrap(),
            "192.0.2.1:53".parse().unwrap(),
            b"hello",
        );
        packet.unwrap().to_vec()
    }

    #[test]
    fn a_datagram_is_taken_apart() {
        let packet = a_datagram();
        let expected = Class::Udp {
            app: "10.0.0.2:4000".parse().unwrap(),
            target: "192.0.2.1:53".parse().unwrap(),
            payload: b"hello",
        };
        assert_eq!(classify(&packet), Ok(expected));
    }

    #[test]
    fn a_datagram_in_ipv6_is_taken_apart() {
        let pool = Pool::new(1500, 1);
        let app = "[fd00::2]:4000".parse().unwrap();
        let target = "[2001:db8::1]:53".parse().unwrap();
        let packet = datagram(&pool, app, target, b"hello").unwrap();
        let expected = Class::Udp {
            app,
            target,
            payload: b"hello",
        };
        assert_eq!(classify(&packet), Ok(expected));
    }

    #[test]
    fn every_flipped_byte_of_header_or_payload_is_noticed() {
        let packet = a_datagram();
        for index in 0..packet.len() {
            let mut broken = packet.clone();
            broken[index] ^= 0x55;
            assert!(
                !matches!(classify(&broken), Ok(Class::Udp { .. })),
                "byte {index}"
            );
        }
    }

    #[test]
    fn every_shortened_packet_is_malformed() {
        let packet = a_datagram();
        for len in 0..packet.len() {
            assert_eq!(classify(&packet[..len]), Err(Rejected::Malformed), "{len}");
        }
    }

    #[test]
    fn a_fragment_is_named() {
        let mut packet = a_datagram();
        let mut ip = smoltcp::wire::Ipv4Packet::new_unchecked(&mut packet);
        ip.set_more_frags(true);
        ip.fill_checksum();
        assert_eq!(classify(&packet), Err(Rejected::Fragment));
    }

    #[test]
    fn addresses_of_no_host_are_refused() {
        let pool = Pool::new(1500, 1);
        for (app, target) in [
            ("0.0.0.0:1", "192.0.2.1:2"),
            ("224.0.0.1:1", "192.0.2.1:2"),
            ("10.0.0.2:1", "255.255.255.255:2"),
            ("10.0.0.2:0", "192.0.2.1:2"),
            ("10.0.0.2:1", "192.0.2.1:0"),
            ("[ff02::1]:1", "[2001:db8::1]:2"),
        ] {
            let packet = datagram(
                &pool,
                app.parse().unwrap(),
                target.parse().unwrap(),
                b"hello",
            );
            let packet = packet.unwrap();
            assert_eq!(classify(&packet), Err(Rejected::Address), "{app} {target}");
        }
    }
}

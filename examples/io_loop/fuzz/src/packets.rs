//! Packets out of any bytes.

use smoltcp::wire::{
    IpAddress, IpProtocol, IpVersion, Ipv4Packet, Ipv6Packet, TcpPacket, UdpPacket,
};

/// How long a packet says that it is; 0 if it is none.
pub(crate) fn length(packet: &[u8]) -> usize {
    match packet.first().map(|first| first >> 4) {
        Some(4) => Ipv4Packet::new_checked(packet).map_or(0, |ip| ip.total_len().into()),
        Some(6) => Ipv6Packet::new_checked(packet).map_or(0, |ip| ip.total_len()),
        _ => 0,
    }
}

/// Makes the checksums right, which no fuzzer would guess. Behind them is what is to be tested.
pub(crate) fn fill_checksums(packet: &mut [u8]) {
    if packet.is_empty() {
        return;
    }
    let (source, destination, protocol, payload): (IpAddress, IpAddress, _, &mut [u8]) =
        match IpVersion::of_packet(packet) {
            Ok(IpVersion::Ipv4) => {
                let Ok(mut ip) = Ipv4Packet::new_checked(packet) else {
                    return;
                };
                ip.fill_checksum();
                let (source, destination) = (ip.src_addr().into(), ip.dst_addr().into());
                let (protocol, header) = (ip.next_header(), usize::from(ip.header_len()));
                let total = usize::from(ip.total_len());
                let packet = ip.into_inner();
                (source, destination, protocol, &mut packet[header..total])
            }
            Ok(IpVersion::Ipv6) => {
                let Ok(ip) = Ipv6Packet::new_checked(packet) else {
                    return;
                };
                let (source, destination) = (ip.src_addr().into(), ip.dst_addr().into());
                let (protocol, header) = (ip.next_header(), ip.header_len());
                let total = ip.total_len();
                let packet = ip.into_inner();
                (source, destination, protocol, &mut packet[header..total])
            }
            Err(_) => return,
        };
    match protocol {
        IpProtocol::Tcp => {
            if let Ok(mut tcp) = TcpPacket::new_checked(payload) {
                tcp.fill_checksum(&source, &destination);
            }
        }
        IpProtocol::Udp => {
            if let Ok(mut udp) = UdpPacket::new_checked(payload) {
                udp.fill_checksum(&source, &destination);
            }
        }
        _ => {}
    }
}

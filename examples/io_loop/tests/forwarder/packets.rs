//! Single packets, written by hand.

use std::future::poll_fn;
use std::time::Duration;

use io_loop::Config;
use io_loop::buffer::Pool;
use io_loop::config::Limits;
use io_loop::device::{Device, MemoryDevice, MemorySink, MemorySource, PacketSink, PacketSource};
use io_loop::metrics::Metrics;
use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    IpProtocol, IpRepr, Ipv4Address, Ipv4Packet, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber,
};
use std::sync::Arc;
use tokio::time::{sleep, timeout};

use crate::upstream::{ECHO, Local};
use crate::world::{Running, start, within};

const APP: Ipv4Address = Ipv4Address::new(10, 0, 0, 2);
const TARGET: Ipv4Address = Ipv4Address::new(192, 0, 2, 1);

struct Bare {
    pool: Pool,
    source: MemorySource,
    sink: MemorySink,
    metrics: Arc<Metrics>,
    running: Running,
}

/// What the application sends.
pub fn segment(port: u16, control: TcpControl, seq: i32, ack: Option<i32>) -> Vec<u8> {
    let tcp = TcpRepr {
        src_port: port,
        dst_port: ECHO,
        control,
        seq_number: TcpSeqNumber(seq),
        ack_number: ack.map(TcpSeqNumber),
        window_len: 10_000,
        window_scale: None,
        max_seg_size: (control == TcpControl::Syn).then_some(1460),
        sack_permitted: false,
        sack_ranges: [None; 3],
        timestamp: None,
        payload: &[],
    };
    let ip = IpRepr::new(
        APP.into(),
        TARGET.into(),
        IpProtocol::Tcp,
        tcp.buffer_len(),
        64,
    );
    let mut packet = vec![0; ip.header_len() + tcp.buffer_len()];
    let checksums = ChecksumCapabilities::default();
    ip.emit(&mut packet[..], &checksums);
    let mut rest = TcpPacket::new_unchecked(&mut packet[ip.header_len()..]);
    tcp.emit(&mut rest, &APP.into(), &TARGET.into(), &checksums);
    packet
}

impl Bare {
    fn new(config: Config) -> Self {
        let (ours, theirs) = MemoryDevice::pair(1500, 64);
        let running = start(theirs, &Local::new(), config);
        let (source, sink) = ours.split();
        Self {
            pool: Pool::new(1500, 64),
            source,
            sink,
            metrics: running.metrics.clone(),
            running,
        }
    }

    fn send(&mut self, packet: &[u8]) {
        let packet = self.pool.copy(packet).unwrap();
        self.sink.try_send(packet).unwrap().unwrap();
    }

    /// The next packet's ports, flags and numbers.
    async fn recv(&mut self) -> (u16, TcpControl, i32) {
        within(poll_fn(|cx| self.source.poll_readable(cx))).await;
        let packet = self.source.try_recv(&self.pool).unwrap().unwrap();
        let ip = Ipv4Packet::new_checked(&packet[..]).unwrap();
        let tcp = TcpPacket::new_checked(ip.payload()).unwrap();
        let tcp = TcpRepr::parse(
            &tcp,
            &TARGET.into(),
            &APP.into(),
            &ChecksumCapabilities::default(),
        );
        let tcp = tcp.unwrap();
        (tcp.dst_port, tcp.control, tcp.seq_number.0)
    }

    async fn silent(&mut self) -> bool {
        let waited = poll_fn(|cx| self.source.poll_readable(cx));
        timeout(Duration::from_millis(10), waited).await.is_err()
    }

    async fn end(self) {
        self.running.token.cancel();
        let _ = within(self.running.task).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_completed_is_swept() {
    let mut bare = Bare::new(Config::default());
    bare.send(&segment(1000, TcpControl::Syn, 0, None));
    assert_eq!(bare.recv().await.1, TcpControl::Syn);
    sleep(Limits::default().handshake + Duration::from_secs(1)).await;
    assert_eq!(bare.metrics.half_open.get(), 1);
    // SYNs again, and at the end a reset.
    let mut last = TcpControl::Syn;
    while !bare.silent().await {
        last = bare.recv().await.1;
    }
    assert_eq!(last, TcpControl::Rst);
    bare.end().await;
}

#[tokio::test(start_paused = true)]
async fn many_handshakes_at_the_same_target_do_not_mix() {
    let mut bare = Bare::new(Config::default());
    for port in 1000..1010 {
        bare.send(&segment(port, TcpControl::Syn, i32::from(port), None));
    }
    let mut numbers = Vec::new();
    for _ in 0..10 {
        let (port, control, number) = bare.recv().await;
        assert_eq!(control, TcpControl::Syn);
        numbers.push((port, number));
    }
    // One is refused half way, and none of the others takes its place.
    bare.send(&segment(1003, TcpControl::Rst, 1004, None));
    for (port, number) in numbers.iter().rev().filter(|(port, _)| *port != 1003) {
        bare.send(&segment(
            *port,
            TcpControl::None,
            i32::from(*port) + 1,
            Some(number + 1),
        ));
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(bare.metrics.opened.get(), 9);
    assert_eq!(bare.metrics.half_open.get(), 1);
    bare.end().await;
}

#[tokio::test(start_paused = true)]
async fn data_right_behind_the_handshake_opens_one_flow() {
    let mut bare = Bare::new(Config::default());
    bare.send(&segment(1000, TcpControl::Syn, 0, None));
    let (_, _, number) = bare.recv().await;
    // All in one turn.
    for control in [TcpControl::None, TcpControl::None, TcpControl::Fin] {
        bare.send(&segment(1000, control, 1, Some(number + 1)));
    }
    sleep(Duration::from_millis(100)).await;
    let metrics = bare.metrics.snapshot();
    assert_eq!(metrics.opened, 1);
    // The end was seen, and the echo's end comes back.
    let mut ended = false;
    while !bare.silent().await {
        ended |= bare.recv().await.1 == TcpControl::Fin;
    }
    assert!(ended);
    bare.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_segment_of_no_flow_is_reset_and_a_reset_is_not_answered() {
    let mut bare = Bare::new(Config::default());
    bare.send(&segment(1000, TcpControl::None, 5, Some(7)));
    assert_eq!(bare.recv().await.1, TcpControl::Rst);
    bare.send(&segment(1000, TcpControl::Rst, 5, None));
    assert!(bare.silent().await);
    bare.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_syn_with_a_wrong_checksum_leaves_nothing_behind() {
    let mut bare = Bare::new(Config::default());
    let mut packet = segment(1000, TcpControl::Syn, 0, None);
    let last = packet.len() - 1;
    packet[last] ^= 1;
    bare.send(&packet);
    assert!(bare.silent().await);
    assert_eq!(bare.metrics.half_open.get(), 1);
    bare.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_packet_is_counted_and_dropped() {
    let mut bare = Bare::new(Config::default());
    let syn = segment(1000, TcpControl::Syn, 0, None);
    let mut fragment = syn.clone();
    let mut ip = Ipv4Packet::new_unchecked(&mut fragment);
    ip.set_more_frags(true);
    ip.fill_checksum();
    let mut from_nobody = syn.clone();
    let mut ip = Ipv4Packet::new_unchecked(&mut from_nobody);
    ip.set_src_addr(Ipv4Address::UNSPECIFIED);
    ip.fill_checksum();
    for packet in [&[][..], b"garbage", &syn[..30], &fragment, &from_nobody] {
        bare.send(packet);
    }
    assert!(bare.silent().await);
    let metrics = bare.metrics.snapshot();
    assert_eq!(metrics.packets_in, 5);
    assert_eq!(
        (metrics.malformed, metrics.fragments, metrics.bad_addresses),
        (3, 1, 1)
    );
    bare.end().await;
}

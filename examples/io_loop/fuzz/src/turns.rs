//! The whole loop, with packets that a fuzzer writes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use io_loop::buffer::Pool;
use io_loop::config::{DnsConfig, Limits};
use io_loop::connector::{Connector, Datagrams, Target, Upstream};
use io_loop::device::{Device, MemoryDevice, PacketSink, PacketSource};
use io_loop::dns::StaticNames;
use io_loop::{Config, IoLoop};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, SimplexStream};
use tokio_util::sync::CancellationToken;

use super::packets::fill_checksums;

const MTU: usize = 576;
const QUEUE: usize = 16;
/// A longer input says nothing that a shorter one does not, and takes longer.
const PACKETS: usize = 24;

/// What the first byte of a record says: acknowledge what the loop has sent last.
const ACKNOWLEDGE: u8 = 1;
/// Make the checksums right.
const FILL_CHECKSUMS: u8 = 2;
/// No packet, but a pause of as many seconds as the second byte says.
const PAUSE: u8 = 4;

/// Packets and pauses for the loop, whose invariants are checked after every turn.
///
/// An input is a row of records: a byte that says what to do, a byte with the length of a packet,
/// and the packet.
pub fn turns(bytes: &[u8]) {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(run(bytes));
}

async fn run(mut bytes: &[u8]) {
    let config = Config {
        max_flows: 4,
        packets_per_turn: 3,
        socket_buffer: 512,
        session_buffer: 256,
        dns: Some(DnsConfig::default()),
        limits: Limits {
            shutdown: Duration::from_secs(1),
            ..Limits::default()
        },
        ..Config::default()
    };
    let (ours, theirs) = MemoryDevice::pair(MTU, QUEUE);
    let (mut source, mut sink) = ours.split();
    let pool = Pool::new(MTU, QUEUE);
    let token = CancellationToken::new();
    let resolver = StaticNames::default();
    let mut io = IoLoop::with_resolver(theirs, Echo, resolver, config, token.clone());
    // The last number that the loop has sent, so that an input can acknowledge it.
    let mut last = 0;
    for _ in 0..PACKETS {
        let [what, len, rest @ ..] = bytes else { break };
        if what & PAUSE != 0 {
            bytes = rest;
            tokio::time::advance(Duration::from_secs(u64::from(*len))).await;
        } else {
            let (packet, rest) = rest.split_at(rest.len().min(usize::from(*len)));
            bytes = rest;
            let mut packet = pool.copy(packet).expect("a packet of 255 bytes fits");
            if what & ACKNOWLEDGE != 0 {
                acknowledge(&mut packet, last);
            }
            if what & FILL_CHECKSUMS != 0 {
                fill_checksums(&mut packet);
            }
            // When the queue is full it is lost, as packets are.
            let _ = sink.try_send(packet).expect("the loop holds the device");
        }
        // Sessions run between the turns.
        for _ in 0..3 {
            io.turn().expect("the device is there");
            if let Err(broken) = io.check() {
                panic!("{broken}");
            }
            tokio::task::yield_now().await;
        }
        while let Ok(Some(packet)) = source.try_recv(&pool) {
            last = number(&packet).unwrap_or(last);
        }
    }
    token.cancel();
    let summary = io.run().await;
    assert_eq!(summary.sessions.totals().panicked, 0, "{summary}");
    assert_eq!(summary.sessions.totals().still_running, 0, "{summary}");
}

/// Where the number of an IPv4 packet's TCP header without IP options is.
const NUMBER: usize = 24;

/// The number that acknowledges a packet of the loop.
fn number(packet: &[u8]) -> Option<u32> {
    let number = packet.get(NUMBER..NUMBER + 4)?;
    let number = u32::from_be_bytes(number.try_into().ok()?);
    Some(number.wrapping_add(1))
}

fn acknowledge(packet: &mut [u8], number: u32) {
    if let Some(field) = packet.get_mut(NUMBER + 4..NUMBER + 8) {
        field.copy_from_slice(&number.to_be_bytes());
    }
}

/// Sends back what it receives, without a socket.
#[derive(Clone)]
struct Echo;

/// Up to so many bytes wait in it.
const HELD: usize = 64;

struct EchoStream(SimplexStream);

impl Connector for Echo {
    type Stream = EchoStream;
    type Datagrams = Lost;

    async fn connect(&self, target: &Target) -> io::Result<EchoStream> {
        match target {
            Target::Address(address) if address.port() == 1 => {
                Err(io::ErrorKind::ConnectionRefused.into())
            }
            _ => Ok(EchoStream(SimplexStream::new_unsplit(HELD))),
        }
    }

    async fn associate(&self) -> io::Result<Lost> {
        Ok(Lost)
    }
}

impl Upstream for EchoStream {
    fn reset_on_drop(&mut self) {}
}

impl AsyncRead for EchoStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for EchoStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Datagrams go out and nothing comes back.
struct Lost;

impl Datagrams for Lost {
    async fn send(&mut self, _: &[u8], _: &Target) -> io::Result<()> {
        Ok(())
    }

    async fn recv(&mut self, _: &mut [u8]) -> io::Result<(usize, std::net::SocketAddr)> {
        std::future::pending().await
    }
}

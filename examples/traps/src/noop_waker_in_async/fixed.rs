//! Who waits polls with its own task's context. A no-op waker is for one look from synchronous
//! code that never waits for the answer (`async_patterns::poll`).
// ANCHOR: program
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::time::sleep;

use crate::lanes::InLane as _;
use crate::watchdog;

fn look(
    connection: &mut DuplexStream,
    packet: &mut ReadBuf<'_>,
    context: &mut Context<'_>,
) -> Poll<std::io::Result<()>> {
    Pin::new(connection).poll_read(context, packet)
}

async fn next_packet(connection: &mut DuplexStream) -> usize {
    let mut bytes = [0; 64];
    let mut packet = ReadBuf::new(&mut bytes);
    let read = poll_fn(|task| look(connection, &mut packet, task)).await;
    read.expect("the connection is in memory");
    packet.filled().len()
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    watchdog::arm(Duration::from_secs(10), "hangs");
    let (mut player, mut connection) = duplex(64);
    tokio::spawn(async move {
        sleep(Duration::from_millis(20)).await;
        player.write_all(b"jump").await.expect("the server listens");
        sleep(Duration::from_secs(60)).await; // the player stays
    });
    println!(
        "fine: a packet of {} bytes",
        next_packet(&mut connection).in_lane("server").await
    );
}

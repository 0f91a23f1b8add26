//! A game server looks into a player's connection with a no-op waker, and then waits for it.
//!
//! The connection keeps the waker that it was polled with. The one it has does nothing, so the
//! packet that comes later wakes nobody.
// ANCHOR: program
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::time::sleep;

use crate::lanes::InLane as _;
use crate::watchdog;

fn look(connection: &mut DuplexStream, packet: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(connection).poll_read(&mut context, packet)
}

async fn next_packet(connection: &mut DuplexStream) -> usize {
    let mut bytes = [0; 64];
    let mut packet = ReadBuf::new(&mut bytes);
    poll_fn(|_task| look(connection, &mut packet))
        .await
        .expect("the connection is in memory");
    packet.filled().len()
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    watchdog::arm(
        Duration::from_secs(1),
        "hangs: the packet woke the waker that does nothing",
    );
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

//! A proxy reads length-prefixed messages and answers a ping every 10 ms.
//!
//! `read_message` awaits twice. When the ping wins after the length was read, the future that holds
//! the length is dropped, and the next `read_message` takes a message's body for a length.
// ANCHOR: program
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{interval, sleep};

use crate::lanes::InLane as _;

const SENT: u8 = 10;

async fn read_message(stream: &mut DuplexStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u8().await?;
    let mut body = vec![0; usize::from(length)];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

/// A peer whose messages arrive in two pieces, as they do from any network.
async fn peer(mut stream: DuplexStream) -> io::Result<()> {
    for number in 1..=SENT {
        stream.write_u8(3).await?;
        sleep(Duration::from_millis(7)).await;
        stream.write_all(&[number; 3]).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let (mut ours, theirs) = duplex(64);
    tokio::spawn(peer(theirs).in_lane("peer"));
    let mut ping = interval(Duration::from_millis(10));
    let mut whole = 0;
    loop {
        tokio::select! {
            message = read_message(&mut ours).in_lane("read_message") => match message {
                Ok(message) => whole += u8::from(message.len() == 3),
                Err(_) => break,
            },
            _ = ping.tick() => {} // the answer to the ping
        }
    }
    println!("symptom: lost {} of {SENT} messages", SENT - whole);
}

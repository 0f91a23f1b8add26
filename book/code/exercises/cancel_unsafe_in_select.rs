use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{interval, sleep};

// ANCHOR: solution
/// Keeps what it has read between two calls, so that `next` may be dropped at its await.
struct Messages {
    stream: DuplexStream,
    read: Vec<u8>,
}

impl Messages {
    async fn next(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some((length, rest)) = self.read.split_first() {
                let length = usize::from(*length);
                if rest.len() >= length {
                    let message = rest[..length].to_vec();
                    self.read.drain(..=length);
                    return Ok(message);
                }
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn no_message_is_lost_to_the_ping() {
    let (stream, mut peer) = duplex(64);
    tokio::spawn(async move {
        for number in 0..10 {
            peer.write_u8(3).await.unwrap();
            sleep(Duration::from_millis(7)).await;
            peer.write_all(&[number; 3]).await.unwrap();
        }
    });
    let read = Vec::new();
    let mut messages = Messages { stream, read };
    let mut ping = interval(Duration::from_millis(10));
    let mut seen = Vec::new();
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Ok(message) => seen.push(message),
                Err(_) => break,
            },
            _ = ping.tick() => {}
        }
    }
    assert_eq!(seen, (0..10).map(|n| vec![n; 3]).collect::<Vec<_>>());
}

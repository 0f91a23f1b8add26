//! Futures of tokio and futures that are documented to lose data.
#![allow(dead_code, unused_must_use)]

use std::{io, time::Duration};

use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    select,
    sync::mpsc,
    time::{Interval, interval},
};
use tokio_util::codec::{Framed, LinesCodec};

async fn read_exact(stream: &mut TcpStream, ping: &mut Interval) -> io::Result<()> {
    let mut header = [0; 8];
    loop {
        tokio::select! {
            read = stream.read_exact(&mut header) => { read?; }
            _ = ping.tick() => {}
        }
    }
}

async fn a_number(mut stream: TcpStream) -> io::Result<()> {
    let mut ping = interval(Duration::from_secs(1));
    loop {
        select! {
            biased;
            _ = ping.tick() => continue,
            length = stream.read_u32() => drop(length?),
        }
    }
}

async fn to_the_end<R: AsyncReadExt + Unpin>(mut reader: R, mut ping: Interval) {
    let mut text = String::new();
    let mut all = Vec::new();
    while ping.period() > Duration::ZERO {
        select! {
            _ = reader.read_to_string(&mut text) => break,
            _ = ping.tick() => (),
        }
        select! {
            _ = reader.read_to_end(&mut all) => return,
            _ = ping.tick() => (),
        }
    }
}

struct Session {
    reader: BufReader<TcpStream>,
    writer: tokio::net::tcp::OwnedWriteHalf,
    ticks: Interval,
}

impl Session {
    async fn a_line(&mut self) -> io::Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            select! {
                read = self.reader.read_line(&mut line) => {
                    if read? == 0 {
                        return Ok(());
                    }
                }
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn a_line_into_a_buffer_of_the_pass(&mut self) -> io::Result<()> {
        loop {
            let mut line = Vec::new();
            select! {
                read = self.reader.read_until(b'\n', &mut line) => { read?; }
                _ = self.ticks.tick() => {}
            }
        }
    }

    async fn a_write(&mut self, mut lines: mpsc::Receiver<String>) -> Option<()> {
        let mut line = lines.recv().await?;
        loop {
            select! {
                _ = self.writer.write_all(line.as_bytes()) => line = lines.recv().await?,
                _ = self.ticks.tick() => {}
            }
        }
    }
}

async fn copies(mut from: TcpStream, mut to: TcpStream, mut ping: Interval) {
    loop {
        select! {
            _ = tokio::io::copy(&mut from, &mut to) => break,
            _ = ping.tick() => {}
        }
        select! {
            _ = tokio::io::copy_bidirectional(&mut from, &mut to) => break,
            _ = ping.tick() => {}
        }
    }
}

async fn a_send_of_the_only_copy(
    mut inbox: mpsc::Receiver<String>,
    outbox: mpsc::Sender<String>,
    mut ping: Interval,
) {
    while let Some(message) = inbox.recv().await {
        select! {
            sent = outbox.send(message) => {
                if sent.is_err() {
                    return;
                }
            }
            _ = ping.tick() => {}
        }
    }
}

async fn a_framed_send(
    mut framed: Framed<TcpStream, LinesCodec>,
    mut waiting: Vec<String>,
    mut ping: Interval,
) {
    loop {
        let Some(line) = waiting.pop() else { return };
        select! {
            sent = framed.send(line) => sent.unwrap(),
            _ = ping.tick() => {}
        }
    }
}

async fn in_an_async_block(mut stream: TcpStream, mut ping: Interval) {
    let mut header = [0; 4];
    loop {
        select! {
            read = async {
                stream.read_exact(&mut header).await?;
                io::Result::Ok(())
            } => read.unwrap(),
            _ = ping.tick() => {}
        }
    }
}

async fn boxed_and_mapped(mut stream: TcpStream, mut ping: Interval) {
    loop {
        let mut header = [0; 4];
        select! {
            read = stream.read_exact(&mut header).map(|read| read.is_ok()) => assert!(read),
            _ = ping.tick() => {}
        }
        select! {
            read = Box::pin(stream.read_exact(&mut header)) => assert!(read.is_ok()),
            _ = ping.tick() => {}
        }
    }
}

async fn with_the_macro_of_futures(
    mut stream: TcpStream,
    mut events: futures::channel::mpsc::Receiver<u8>,
) {
    let mut header = [0; 4];
    loop {
        futures::select! {
            read = stream.read_exact(&mut header).fuse() => drop(read),
            event = events.next() => drop(event),
        }
        futures::select_biased! {
            read = Box::pin(stream.read_exact(&mut header)).fuse() => drop(read),
            event = events.select_next_some() => drop(event),
            complete => break,
        }
    }
}

async fn through_an_outer_loop(mut stream: TcpStream, mut ping: Interval) {
    let mut header = [0; 4];
    loop {
        ping.reset();
        for _ in 0..3 {
            select! {
                read = stream.read_exact(&mut header) => drop(read),
                _ = ping.tick() => break,
            }
        }
    }
}

async fn a_value_that_goes_on(mut stream: TcpStream, mut ping: Interval) -> io::Result<()> {
    let mut header = [0; 4];
    loop {
        let ready = select! {
            read = stream.read_exact(&mut header) => { read?; true }
            _ = ping.tick() => false,
        };
        if ready {
            return Ok(());
        }
    }
}

macro_rules! on_ping {
    ($ping:expr, $future:expr) => {
        tokio::select! {
            done = $future => Some(done),
            _ = $ping.tick() => None,
        }
    };
}

async fn in_a_macro_of_the_crate(mut stream: TcpStream, mut ping: Interval) {
    let mut header = [0; 4];
    loop {
        on_ping!(ping, stream.read_exact(&mut header));
    }
}

async fn allowed(mut stream: TcpStream, mut ping: Interval) {
    let mut header = [0; 4];
    #[allow(unknown_lints, cancel_unsafe_in_select)]
    loop {
        select! {
            read = stream.read_exact(&mut header) => drop(read),
            _ = ping.tick() => {}
        }
    }
}

#[allow(unknown_lints, cancel_unsafe_in_select)]
mod allowed_module {
    use super::*;

    async fn allowed(mut stream: TcpStream, mut ping: Interval) {
        loop {
            select! {
                read = stream.read_u16() => drop(read),
                _ = ping.tick() => {}
            }
        }
    }
}

fn main() {}

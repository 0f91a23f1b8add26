//! Nothing is lost: cancel-safe futures, pinned ones, and loops that end.
#![allow(dead_code, unused_must_use)]

use std::{io, time::Duration};

use bytes_like::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{TcpListener, TcpStream, UdpSocket},
    select,
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinSet,
    time::{Interval, sleep},
};
use tokio_util::{
    codec::{Framed, LinesCodec},
    sync::CancellationToken,
};

mod bytes_like {
    pub type Bytes = Vec<u8>;
}

async fn documented_as_safe(
    mut stream: TcpStream,
    mut receiver: mpsc::Receiver<String>,
    mut changes: watch::Receiver<u8>,
    mut events: broadcast::Receiver<u8>,
    mut set: JoinSet<u8>,
    listener: TcpListener,
    socket: UdpSocket,
    mut frames: Framed<TcpStream, LinesCodec>,
    mut lines: Lines<BufReader<TcpStream>>,
) {
    let mut buffer = [0; 64];
    let mut datagram = [0; 64];
    let mut kept = Vec::new();
    loop {
        select! {
            read = stream.read(&mut buffer) => drop(read),
            message = receiver.recv() => drop(message),
            _ = changes.changed() => {}
            event = events.recv() => drop(event),
            joined = set.join_next() => drop(joined),
            accepted = listener.accept() => drop(accepted),
            received = socket.recv_from(&mut datagram) => drop(received),
            frame = frames.next() => drop(frame),
            line = lines.next_line() => drop(line),
            _ = sleep(Duration::from_secs(1)) => {}
        }
        select! {
            read = stream.read_buf(&mut kept) => drop(read),
            _ = sleep(Duration::from_secs(1)) => {}
        }
        select! {
            written = stream.write(b"x") => drop(written),
            _ = sleep(Duration::from_secs(1)) => {}
        }
    }
}

async fn read_message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await?;
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

async fn pinned_outside(mut stream: TcpStream, mut ping: Interval) {
    'connected: loop {
        let message = read_message(&mut stream);
        tokio::pin!(message);
        loop {
            select! {
                message = &mut message => match message {
                    Ok(_) => break,
                    Err(_) => break 'connected,
                },
                _ = ping.tick() => {}
            }
        }
    }
}

async fn pinned_with_std(mut stream: TcpStream, mut ping: Interval) {
    let mut message = std::pin::pin!(read_message(&mut stream));
    loop {
        select! {
            message = message.as_mut() => return drop(message),
            _ = ping.tick() => {}
        }
    }
}

async fn boxed_outside(mut stream: TcpStream, mut ping: Interval) {
    let mut message = Box::pin(read_message(&mut stream));
    loop {
        select! {
            message = &mut message => return drop(message),
            _ = ping.tick() => {}
        }
    }
}

async fn no_loop(stream: &mut TcpStream, token: CancellationToken) -> io::Result<Vec<u8>> {
    select! {
        message = read_message(stream) => message,
        () = token.cancelled() => Ok(Vec::new()),
    }
}

async fn every_other_branch_leaves(
    mut stream: TcpStream,
    token: CancellationToken,
    mut stop: oneshot::Receiver<()>,
) -> io::Result<()> {
    loop {
        select! {
            message = read_message(&mut stream) => drop(message?),
            () = token.cancelled() => break,
            _ = &mut stop => return Ok(()),
            _ = sleep(Duration::from_secs(60)) => {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }
    Ok(())
}

async fn left_through_a_value(mut stream: TcpStream, token: CancellationToken) {
    loop {
        let message = select! {
            message = read_message(&mut stream) => Some(message),
            () = token.cancelled() => None,
        };
        match message {
            Some(Ok(message)) => drop(message),
            Some(Err(_)) | None => break,
        }
    }
}

async fn left_with_a_question_mark(mut stream: TcpStream, token: CancellationToken) -> Option<()> {
    loop {
        let message = select! {
            message = read_message(&mut stream) => message.ok(),
            () = token.cancelled() => None,
        }?;
        drop(message);
    }
}

async fn a_stream_of_the_pass(listener: TcpListener, mut ping: Interval) -> io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        select! {
            message = read_message(&mut stream) => drop(message?),
            _ = ping.tick() => {}
        }
    }
}

async fn fetch(address: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page).await?;
    Ok(page)
}

async fn a_stream_of_the_future(address: String, mut ping: Interval) {
    loop {
        select! {
            page = fetch(&address) => drop(page),
            _ = ping.tick() => {}
        }
    }
}

async fn a_stream_that_is_replaced(mut stream: TcpStream, mut ping: Interval) -> io::Result<()> {
    loop {
        select! {
            message = read_message(&mut stream) => drop(message?),
            _ = ping.tick() => stream = TcpStream::connect("localhost:1").await?,
        }
    }
}

struct Monitor {
    stream: Option<TcpStream>,
    checks: u64,
}

impl Monitor {
    /// What the loser has left behind is dropped before the next pass.
    async fn run(&mut self) {
        loop {
            let check = async {
                match &mut self.stream {
                    Some(stream) => stream.write_all(b"hello").await?,
                    None => self.stream = Some(TcpStream::connect("localhost:1").await?),
                }
                io::Result::Ok(())
            };
            let is_alive = select! {
                checked = check => checked.is_ok(),
                _ = sleep(Duration::from_secs(1)) => false,
            };
            if is_alive {
                self.checks += 1;
            } else {
                self.stream = None;
            }
        }
    }
}

async fn a_stream_that_each_pass_makes(
    mut stream: TcpStream,
    mut ping: Interval,
) -> io::Result<()> {
    loop {
        select! {
            message = read_message(&mut stream) => drop(message?),
            _ = ping.tick() => {}
        }
        stream = TcpStream::connect("localhost:1").await?;
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Bytes,
    last: Option<String>,
    jobs: mpsc::Receiver<String>,
    out: mpsc::UnboundedSender<String>,
    ticks: Interval,
    seen: u64,
}

impl Connection {
    /// The buffer outlives the future.
    async fn frame(&mut self) -> io::Result<Bytes> {
        while self.buffer.len() < 4 {
            self.stream.read_buf(&mut self.buffer).await?;
        }
        Ok(self.buffer.split_off(0))
    }

    async fn stored_at_once(&mut self) -> Option<()> {
        let job = self.jobs.recv().await?;
        self.last = Some(job);
        self.ticks.tick().await;
        Some(())
    }

    async fn handed_over_at_once(&mut self) {
        while let Some(job) = self.jobs.recv().await {
            self.out.send(job).unwrap();
        }
    }

    async fn handled_at_once(&mut self) {
        while let Some(job) = self.jobs.recv().await {
            self.handle(&job);
        }
    }

    fn handle(&mut self, job: &str) {
        self.seen += job.len() as u64;
    }

    async fn spawned(&mut self) {
        while let Some(job) = self.jobs.recv().await {
            tokio::spawn(async move {
                sleep(Duration::from_secs(1)).await;
                drop(job);
            });
        }
    }

    async fn dropped_first(&mut self) {
        if let Some(job) = self.jobs.recv().await {
            drop(job);
            self.ticks.tick().await;
        }
    }

    async fn only_a_signal(&mut self) {
        while self.jobs.recv().await.is_some() {
            self.ticks.tick().await;
        }
    }

    async fn units(&mut self, mut units: mpsc::Receiver<()>) -> Option<()> {
        let unit = units.recv().await?;
        self.ticks.tick().await;
        Some(unit)
    }

    async fn returned_at_once(&mut self) -> Option<String> {
        self.ticks.tick().await;
        self.jobs.recv().await
    }

    async fn reserved(&mut self, to: &mpsc::Sender<String>) -> Option<()> {
        let permit = to.reserve().await.ok()?;
        permit.send(self.jobs.recv().await?);
        Some(())
    }

    /// The store keeps the job before it waits.
    async fn stored_by_another(&mut self) -> Option<()> {
        let job = self.jobs.recv().await?;
        self.store(job).await;
        Some(())
    }

    async fn store(&mut self, job: String) {
        self.last = Some(job);
        self.ticks.tick().await;
    }

    async fn run(&mut self, to: mpsc::Sender<String>, mut ping: Interval) {
        loop {
            select! { _ = self.frame() => {} _ = ping.tick() => {} }
            select! { _ = self.stored_at_once() => {} _ = ping.tick() => {} }
            select! { _ = self.handed_over_at_once() => {} _ = ping.tick() => {} }
            select! { _ = self.handled_at_once() => {} _ = ping.tick() => {} }
            select! { _ = self.spawned() => {} _ = ping.tick() => {} }
            select! { _ = self.dropped_first() => {} _ = ping.tick() => {} }
            select! { _ = self.only_a_signal() => {} _ = ping.tick() => {} }
            select! { _ = self.returned_at_once() => {} _ = ping.tick() => {} }
            select! { _ = self.reserved(&to) => {} _ = ping.tick() => {} }
            select! { _ = self.stored_by_another() => {} _ = ping.tick() => {} }
        }
    }
}

async fn reserve(mut jobs: mpsc::Receiver<String>, to: mpsc::Sender<String>, mut ping: Interval) {
    while let Some(job) = jobs.recv().await {
        select! {
            permit = to.reserve() => permit.unwrap().send(job),
            _ = ping.tick() => {}
        }
    }
}

async fn sends_of_copies(to: mpsc::Sender<String>, numbers: mpsc::Sender<u64>, mut ping: Interval) {
    let greeting = String::from("hello");
    let mut count = 0;
    loop {
        select! {
            _ = to.send(greeting.clone()) => {}
            _ = ping.tick() => {}
        }
        select! {
            _ = numbers.send(count) => count += 1,
            _ = ping.tick() => {}
        }
        select! {
            _ = to.send(format!("{count}")) => {}
            _ = ping.tick() => {}
        }
    }
}

async fn the_line_outlives(mut reader: BufReader<TcpStream>, mut ping: Interval) {
    let mut line = Vec::new();
    loop {
        select! {
            _ = reader.read_until(b'\n', &mut line) => line.clear(),
            _ = ping.tick() => {}
        }
    }
}

async fn a_send_that_ends_the_loop(
    mut jobs: mpsc::Receiver<String>,
    mut sink: Framed<TcpStream, LinesCodec>,
    token: CancellationToken,
) {
    while let Some(job) = jobs.recv().await {
        select! {
            _ = sink.send(job) => {}
            () = token.cancelled() => return,
        }
    }
}

async fn never_suspends(job: String) -> usize {
    job.len()
}

async fn then_no_real_await(jobs: &mut mpsc::Receiver<String>) -> Option<usize> {
    let job = jobs.recv().await?;
    Some(never_suspends(job).await)
}

async fn an_await_that_does_not_suspend(mut jobs: mpsc::Receiver<String>, mut ping: Interval) {
    loop {
        select! {
            _ = then_no_real_await(&mut jobs) => {}
            _ = ping.tick() => {}
        }
    }
}

async fn a_task_of_its_own(mut stream: TcpStream, mut ping: Interval) {
    let mut task = tokio::spawn(async move { read_message(&mut stream).await });
    loop {
        select! {
            message = &mut task => return drop(message),
            _ = ping.tick() => {}
        }
    }
}

async fn by_reference_in_adapters(mut stream: TcpStream, mut ping: Interval) {
    let mut message = std::pin::pin!(read_message(&mut stream));
    loop {
        select! {
            Ok(message) = tokio::time::timeout(Duration::from_secs(1), &mut message) => {
                return drop(message);
            }
            _ = ping.tick() => {}
        }
        select! {
            message = async { message.as_mut().await } => return drop(message),
            _ = ping.tick() => {}
        }
    }
}

/// What was read is printed; the buffer is read into again, but what was in it is not used.
async fn print(stream: &mut TcpStream) -> io::Result<()> {
    let mut buffer = [0; 64];
    loop {
        let length = stream.read(&mut buffer).await?;
        println!("{:?}", &buffer[..length]);
    }
}

async fn a_buffer_that_is_used_up(mut stream: TcpStream, mut ping: Interval) {
    loop {
        select! {
            _ = print(&mut stream) => {}
            _ = ping.tick() => {}
        }
    }
}

async fn a_task_in_a_branch(mut ping: Interval) {
    loop {
        select! {
            page = tokio::spawn(fetch("localhost:1")) => drop(page),
            _ = ping.tick() => {}
        }
    }
}

async fn a_set_of_futures(streams: Vec<TcpStream>, mut ping: Interval) {
    let mut messages: futures::stream::FuturesUnordered<_> = streams
        .into_iter()
        .map(|mut stream| async move { read_message(&mut stream).await })
        .collect();
    loop {
        select! {
            Some(message) = messages.next() => drop(message),
            _ = ping.tick() => {}
        }
    }
}

async fn an_option(mut stream: TcpStream, mut ping: Interval) {
    let mut message = Some(Box::pin(read_message(&mut stream)));
    loop {
        select! {
            done = async { message.as_mut().unwrap().await }, if message.is_some() => {
                message = None;
                drop(done);
            }
            _ = ping.tick() => {}
        }
        select! {
            Some(done) = futures::future::OptionFuture::from(message.as_mut()) => drop(done),
            _ = ping.tick() => {}
        }
    }
}

async fn re_armed(stream: TcpStream, mut ping: Interval) {
    async fn next(mut stream: TcpStream) -> (TcpStream, io::Result<Vec<u8>>) {
        let message = read_message(&mut stream).await;
        (stream, message)
    }
    let mut message = Box::pin(next(stream));
    loop {
        select! {
            (stream, done) = &mut message => {
                drop(done);
                message.set(next(stream));
            }
            _ = ping.tick() => {}
        }
    }
}

async fn other_ways_out(mut stream: TcpStream, mut stop: mpsc::Receiver<u8>) {
    'outer: loop {
        for _ in 0..10 {
            select! {
                message = read_message(&mut stream) => drop(message),
                _ = stop.recv() => break 'outer,
                () = std::future::ready(()) => panic!("asked to"),
                () = tokio::task::yield_now() => std::process::exit(2),
                () = std::future::pending() => unreachable!(),
            }
        }
    }
}

async fn ends_in_the_first_pass(mut stream: TcpStream, mut ping: Interval) {
    loop {
        select! {
            message = read_message(&mut stream) => drop(message),
            _ = ping.tick() => {}
        }
        break;
    }
}

fn main() {}

//! Calls in async code that do not block, or not for long.
#![allow(dead_code, unused)]

use std::{
    fs::File,
    io::{self, Cursor, Read, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    path::Path,
    pin::Pin,
    process::{Child, Command},
    sync::{Arc, Mutex, RwLock, mpsc},
    task::{Context, Poll},
    thread::{self, JoinHandle},
    time::Duration,
};

async fn the_same_of_tokio() -> io::Result<()> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    let text = tokio::fs::read_to_string("a").await?;
    tokio::fs::write("b", text).await?;
    let stream = tokio::net::TcpStream::connect("127.0.0.1:80").await?;
    tokio::process::Command::new("make").status().await?;
    Ok(())
}

async fn locks(lock: Arc<Mutex<u32>>, shared: Arc<RwLock<u32>>) -> u32 {
    *lock.lock().unwrap() += 1;
    *shared.write().unwrap() += 1;
    *parking_lot::Mutex::new(1).lock()
}

async fn channels(values: mpsc::Receiver<u32>, sender: mpsc::Sender<u32>, few: mpsc::SyncSender<u32>) {
    let _ = values.try_recv();
    for value in values.try_iter() {
        let _ = sender.send(value);
    }
    let _ = few.try_send(1);
    let _ = few.send(1);
}

async fn zero_timeouts(values: mpsc::Receiver<u32>) {
    const NO_WAIT: Duration = Duration::ZERO;
    let none = Duration::from_millis(0);
    let _ = values.recv_timeout(Duration::ZERO);
    let _ = values.recv_timeout(NO_WAIT);
    let _ = values.recv_timeout(none);
    thread::sleep(Duration::from_secs(0));
    tokio::task::yield_now().await;
    thread::sleep(none);
}

async fn output() {
    println!("hello");
    eprintln!("hello");
    let _ = io::stdout().flush();
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "hello");
}

async fn memory() -> io::Result<()> {
    let mut buffer = Vec::new();
    Cursor::new([1, 2, 3]).read_to_end(&mut buffer)?;
    buffer.write_all(b"hello")?;
    io::copy(&mut &b"hello"[..], &mut buffer)?;
    Ok(())
}

async fn cheap_questions(file: File) -> bool {
    let _ = file.metadata();
    Path::new("a").exists() && Path::new("a").is_dir()
}

async fn socket_options() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let _ = listener.local_addr()?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_broadcast(true)?;
    socket.connect("127.0.0.1:9")?;
    socket.send(b"hello")?;
    Ok(())
}

async fn nonblocking_sockets() -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    tokio::task::yield_now().await;
    socket.recv(&mut [0; 16])?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    while let Ok((peer, _)) = listener.accept() {
        drop(peer);
    }
    Ok(())
}

async fn the_socket_of_a_reactor(socket: tokio::net::UdpSocket) -> io::Result<usize> {
    socket.into_std()?.recv(&mut [0; 16])
}

async fn behind_a_reactor(socket: tokio::io::unix::AsyncFd<UdpSocket>) -> io::Result<usize> {
    socket.readable().await?.clear_ready();
    socket.get_ref().recv(&mut [0; 16])
}

/// Whoever writes a `poll` by hand knows that it must not wait.
struct Stream {
    inner: TcpStream,
}

impl tokio::io::AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.inner.read(buffer.initialize_unfilled()) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            read => Poll::Ready(read.map(|count| buffer.advance(count))),
        }
    }
}

async fn adapters(file: File) -> impl Read {
    file.take(10).chain(io::empty())
}

async fn a_shared_memory_map(bytes: &'static [u8]) -> io::Result<Vec<u8>> {
    let mut copy = Vec::new();
    let mut reader = io::BufReader::new(bytes);
    reader.read_to_end(&mut copy)?;
    Ok(copy)
}

async fn children(mut child: Child) -> io::Result<()> {
    child.try_wait()?;
    child.kill()?;
    Command::new("make").spawn()?;
    Ok(())
}

async fn a_thread_that_is_done(worker: JoinHandle<u32>) -> Option<u32> {
    if worker.is_finished() {
        return worker.join().ok();
    }
    None
}

async fn tries(
    mut values: tokio::sync::mpsc::Receiver<u32>,
    sender: tokio::sync::mpsc::Sender<u32>,
    lock: tokio::sync::Mutex<u32>,
) {
    let _ = values.try_recv();
    let _ = sender.try_send(1);
    let _ = lock.try_lock();
    let _ = values.recv().await;
}

#[allow(blocking_call_in_async)]
async fn allowed_on_the_function() {
    thread::sleep(Duration::from_secs(1));
}

async fn allowed_on_the_statement() {
    #[allow(blocking_call_in_async)]
    thread::sleep(Duration::from_secs(1));
}

#[allow(blocking_call_in_async)]
mod allowed_on_the_module {
    async fn inside() {
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
}

async fn a_macro_that_cannot_be_changed() {
    ui_deps::nap!();
}

fn main() {}

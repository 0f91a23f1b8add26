//! The task uses a number; the owner stays behind.
#![allow(unused, clippy::all)]

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use tokio::io::unix::AsyncFd;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

async fn block_in_a_task(tunnel: File) {
    let number = tunnel.as_raw_fd();
    tokio::spawn(async move {
        let mut tunnel = unsafe { File::from_raw_fd(number) };
        tunnel.write_all(b"packet").unwrap();
    });
}

async fn send(number: RawFd, go: oneshot::Receiver<()>) {
    go.await.unwrap();
    let mut tunnel = unsafe { File::from_raw_fd(number) };
    tunnel.write_all(b"packet").unwrap();
}

async fn function_in_a_task(tunnel: File, go: oneshot::Receiver<()>) {
    let sender = tokio::spawn(send(tunnel.as_raw_fd(), go));
    drop(tunnel);
    sender.await.unwrap();
}

fn thread_reads(socket: &UnixStream) {
    let number = socket.as_raw_fd();
    thread::spawn(move || {
        let mut bytes = [0_u8; 8];
        unsafe { libc::read(number, bytes.as_mut_ptr().cast(), bytes.len()) };
    });
}

fn named_thread(socket: UnixStream) {
    let number = socket.as_raw_fd();
    let handle = thread::Builder::new()
        .name("reader".to_owned())
        .spawn(move || unsafe { libc::close(number) })
        .unwrap();
    drop(socket);
    handle.join().unwrap();
}

async fn blocking_task(file: Arc<File>) {
    let number = file.as_raw_fd();
    tokio::task::spawn_blocking(move || unsafe { libc::fsync(number) });
}

struct Server {
    socket: TcpStream,
    tasks: JoinSet<()>,
}

impl Server {
    fn method(&mut self) {
        let number = self.socket.as_raw_fd();
        self.tasks.spawn(async move {
            let socket = AsyncFd::new(number).unwrap();
            let _ = socket.readable().await;
        });
    }

    fn number(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    fn through_a_getter(&self) {
        let number = self.number();
        tokio::spawn(async move {
            let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
            borrowed.try_clone_to_owned().unwrap()
        });
    }
}

fn start(number: RawFd) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let file = unsafe { File::from_raw_fd(number) };
        drop(file);
    })
}

fn through_a_function(file: &File) {
    start(file.as_raw_fd());
}

fn close_it(number: RawFd) {
    unsafe { libc::close(number) };
}

fn used_in_a_function(file: File) {
    let number = file.as_raw_fd();
    thread::spawn(move || close_it(number));
}

fn duplicated_too_late(file: File) {
    let number = file.as_raw_fd();
    thread::spawn(move || unsafe { libc::dup(number) });
}

fn generic<T: AsRawFd>(owner: T) {
    let number = owner.as_raw_fd();
    thread::spawn(move || close_it(number));
}

mod nested {
    use std::os::unix::io::AsRawFd as Raw;

    pub fn renamed(file: std::fs::File) {
        let n = file.as_raw_fd();
        std::thread::spawn(move || super::close_it(n));
    }
}

fn main() {}

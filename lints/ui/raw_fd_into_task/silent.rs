//! The task has a descriptor of its own, or the owner outlives it.
#![allow(unused, clippy::all)]

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::{Arc, OnceLock};
use std::thread;

use tokio::net::TcpStream;

fn close_it(number: RawFd) {
    unsafe { libc::close(number) };
}

fn owned(file: File) {
    let owned = OwnedFd::from(file);
    thread::spawn(move || File::from(owned));
}

fn cloned(file: &File) {
    let clone = file.try_clone().unwrap();
    thread::spawn(move || {
        let mut clone = clone;
        clone.write_all(b"packet").unwrap();
    });
}

fn duplicate_of_the_descriptor(file: &File) {
    let duplicate = file.as_fd().try_clone_to_owned().unwrap();
    thread::spawn(move || File::from(duplicate));
}

fn duplicate_of_the_number(file: &File) {
    let number = unsafe { libc::dup(file.as_raw_fd()) };
    thread::spawn(move || close_it(number));
}

fn handed_over(file: File) {
    let number = file.into_raw_fd();
    thread::spawn(move || close_it(number));
}

async fn handed_over_to_a_function(file: File) {
    async fn work(number: RawFd) {
        let file = unsafe { File::from_raw_fd(number) };
        drop(file);
    }
    tokio::spawn(work(file.into_raw_fd()));
}

fn only_printed(file: &File) {
    let number = file.as_raw_fd();
    thread::spawn(move || println!("descriptor {number}"));
}

async fn only_logged(socket: TcpStream) {
    let number = socket.as_raw_fd();
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        eprintln!("descriptor {}", number);
    });
}

fn as_a_key(socket: &TcpStream) {
    let number = socket.as_raw_fd();
    thread::spawn(move || std::collections::HashMap::from([(number, "socket")]));
}

fn owner_moved_along(file: File) {
    let number = file.as_raw_fd();
    thread::spawn(move || {
        unsafe { libc::fsync(number) };
        drop(file);
    });
}

fn shared_owner_moved_along(file: Arc<File>) {
    let number = file.as_raw_fd();
    let keep = Arc::clone(&file);
    thread::spawn(move || {
        unsafe { libc::fsync(number) };
        drop(keep);
    });
}

struct Tunnel {
    file: File,
}

fn owner_in_a_struct_moved_along(tunnel: Tunnel) {
    let number = tunnel.file.as_raw_fd();
    tokio::spawn(async move {
        unsafe { libc::fsync(number) };
        drop(tunnel);
    });
}

fn joined_first(file: File) {
    let number = file.as_raw_fd();
    let handle = thread::spawn(move || unsafe { libc::fsync(number) });
    handle.join().unwrap();
    drop(file);
}

fn scoped(file: &File) {
    let number = file.as_raw_fd();
    thread::scope(|scope| {
        scope.spawn(move || unsafe { libc::fsync(number) });
    });
}

fn never_dropped(file: File) {
    let number = file.as_raw_fd();
    std::mem::forget(file);
    thread::spawn(move || close_it(number));
}

fn standard_input() {
    let number = std::io::stdin().as_raw_fd();
    thread::spawn(move || {
        let mut byte = 0_u8;
        unsafe { libc::read(number, (&raw mut byte).cast(), 1) };
    });
}

static TUNNEL: OnceLock<File> = OnceLock::new();

fn in_a_static() {
    let number = TUNNEL.get().unwrap().as_raw_fd();
    thread::spawn(move || unsafe { libc::fsync(number) });
}

/// Whoever calls this may hand the descriptor over.
pub fn parameter_of_a_public_function(number: RawFd) {
    thread::spawn(move || close_it(number));
}

fn gets_it_handed_over(number: RawFd) {
    thread::spawn(move || close_it(number));
}

fn hands_it_over(file: File) {
    gets_it_handed_over(file.into_raw_fd());
}

fn used_here_only(file: &File) {
    let number = file.as_raw_fd();
    unsafe { libc::fsync(number) };
    thread::spawn(|| ());
}

fn another_number(file: &File) {
    let number = file.as_raw_fd();
    let pipe = unsafe { libc::epoll_create1(0) };
    println!("{number}");
    thread::spawn(move || close_it(pipe));
}

fn another_captured_number(file: File, count: i32) {
    let number = file.as_raw_fd();
    let duplicate = unsafe { libc::dup(number) };
    thread::spawn(move || {
        println!("{number}");
        close_it(duplicate);
    });
}

#[allow(raw_fd_into_task)]
fn allowed(file: File) {
    let number = file.as_raw_fd();
    thread::spawn(move || close_it(number));
}

#[test]
fn in_a_test() {
    let file = File::open("/dev/null").unwrap();
    let number = file.as_raw_fd();
    thread::spawn(move || unsafe { libc::fsync(number) });
}

fn main() {}

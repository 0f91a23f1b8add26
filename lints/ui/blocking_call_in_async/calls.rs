//! Each kind of call that blocks, in an async body.
#![allow(dead_code, unused)]

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    process::{Child, Command},
    sync::{Arc, Barrier, Condvar, Mutex, mpsc},
    thread,
    time::Duration,
};

async fn a_sleep() {
    thread::sleep(Duration::from_millis(50));
}

async fn files() -> io::Result<String> {
    let mut text = fs::read_to_string("input")?;
    fs::write("output", &text)?;
    let mut file = File::open("more")?;
    file.read_to_string(&mut text)?;
    OpenOptions::new().append(true).open("log")?.write_all(text.as_bytes())?;
    fs::rename("a", "b")?;
    fs::create_dir_all("x/y")?;
    fs::metadata("a")?;
    for entry in fs::read_dir(".")? {
        entry?;
    }
    Ok(text)
}

async fn a_buffered_file(file: File) -> io::Result<()> {
    let mut line = String::new();
    let mut lines = BufReader::new(file);
    lines.read_line(&mut line)?;
    let mut out = io::BufWriter::new(File::create("out")?);
    writeln!(out, "{line}")?;
    io::copy(&mut lines, &mut Vec::new())?;
    Ok(())
}

async fn sockets() -> io::Result<()> {
    let mut stream = TcpStream::connect("127.0.0.1:80")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    stream.write_all(b"hello")?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (peer, _) = listener.accept()?;
    for peer in listener.incoming() {
        drop(peer);
    }
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.recv_from(&mut [0; 16])?;
    Ok(())
}

async fn given_a_socket(mut stream: TcpStream) -> io::Result<usize> {
    stream.read(&mut [0; 16])
}

async fn processes(mut child: Child) -> io::Result<()> {
    Command::new("make").status()?;
    Command::new("make").output()?;
    child.wait()?;
    child.wait_with_output()?;
    Ok(())
}

async fn channels(values: mpsc::Receiver<u32>) {
    values.recv();
    values.recv_timeout(Duration::from_secs(1));
    for value in &values {
        drop(value);
    }
    for value in values.iter() {
        drop(value);
    }
    for value in values {
        drop(value);
    }
}

async fn a_thread_that_is_joined() {
    let worker = thread::spawn(|| 1);
    worker.join();
}

async fn conditions(pair: Arc<(Mutex<bool>, Condvar)>, barrier: Arc<Barrier>) {
    let guard = pair.0.lock().unwrap();
    drop(pair.1.wait(guard));
    barrier.wait();
}

async fn stdin() {
    let mut line = String::new();
    io::stdin().read_line(&mut line);
    for line in io::stdin().lines() {}
    for line in io::stdin().lock().lines() {}
    io::read_to_string(io::stdin());
}

async fn blocking_functions_of_tokio(
    mut values: tokio::sync::mpsc::Receiver<u32>,
    sender: tokio::sync::mpsc::Sender<u32>,
    lock: tokio::sync::Mutex<u32>,
    reply: tokio::sync::oneshot::Receiver<u32>,
    shared: tokio::sync::RwLock<u32>,
) {
    values.blocking_recv();
    sender.blocking_send(1);
    *lock.blocking_lock() += 1;
    drop(shared.blocking_read());
    drop(shared.blocking_write());
    reply.blocking_recv();
}

async fn other_crates(condition: &parking_lot::Condvar, lock: &parking_lot::Mutex<bool>) {
    condition.wait(&mut lock.lock());
    crossbeam_utils::sync::WaitGroup::new().wait();
}

fn main() {}

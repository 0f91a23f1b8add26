//! Each blocking call of the list that std and tokio have, once.
#![allow(dead_code, unused_must_use, deprecated)]

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket},
    os::unix::net::{UnixDatagram, UnixListener, UnixStream},
    process::Command,
    sync::{Barrier, Condvar, Mutex, mpsc},
    thread,
    time::Duration,
};

use tokio::{runtime::Handle, time::timeout};

const SECOND: Duration = Duration::from_secs(1);

macro_rules! timed {
    ($call:expr) => {
        timeout(SECOND, async { $call; }).await
    };
}

async fn threads(barrier: &Barrier) {
    timed!(thread::sleep(SECOND));
    timed!(thread::sleep_ms(1));
    timed!(thread::park());
    timed!(thread::park_timeout(SECOND));
    timed!(thread::spawn(|| ()).join());
    timed!(thread::scope(|scope| scope.spawn(|| ()).join()));
    timed!(barrier.wait());
}

async fn channels(receiver: &mpsc::Receiver<u32>, sender: &mpsc::SyncSender<u32>) {
    timed!(receiver.recv());
    timed!(receiver.recv_timeout(SECOND));
    timed!(sender.send(1));
    timed!(receiver.iter().next());
}

async fn conditions(condvar: &Condvar, mutex: &Mutex<bool>) {
    timed!(condvar.wait(mutex.lock().unwrap()));
    timed!(condvar.wait_while(mutex.lock().unwrap(), |wait| *wait));
    timed!(condvar.wait_timeout(mutex.lock().unwrap(), SECOND));
    timed!(condvar.wait_timeout_ms(mutex.lock().unwrap(), 1));
    timed!(condvar.wait_timeout_while(mutex.lock().unwrap(), SECOND, |wait| *wait));
}

async fn processes(child: fn() -> std::process::Child) {
    timed!(Command::new("make").output());
    timed!(Command::new("make").status());
    timed!(child().wait());
    timed!(child().wait_with_output());
    timed!(child().stdout.take().unwrap().read(&mut [0; 8]));
}

async fn sockets(listener: &TcpListener, udp: &UdpSocket, mut stream: &TcpStream) {
    let address = udp.local_addr().unwrap();
    timed!(TcpStream::connect("localhost:1"));
    timed!(TcpStream::connect_timeout(&address, SECOND));
    timed!(listener.accept());
    timed!(listener.incoming().next());
    timed!(udp.recv(&mut [0; 8]));
    timed!(udp.recv_from(&mut [0; 8]));
    timed!(udp.peek(&mut [0; 8]));
    timed!(udp.peek_from(&mut [0; 8]));
    timed!("localhost:1".to_socket_addrs());
    timed!(stream.read(&mut [0; 8]));
    timed!(stream.write_all(&[0; 8]));
    timed!(BufReader::new(stream).read_line(&mut String::new()));
}

async fn unix_sockets(listener: &UnixListener, datagram: &UnixDatagram) {
    timed!(UnixStream::connect("socket"));
    timed!(listener.accept());
    timed!(datagram.recv(&mut [0; 8]));
    timed!(datagram.recv_from(&mut [0; 8]));
}

async fn standard_input() {
    timed!(io::stdin().read_line(&mut String::new()));
    timed!(io::stdin().lines().next());
    timed!(io::stdin().read_to_string(&mut String::new()));
    timed!(io::stdin().lock().read_line(&mut String::new()));
}

async fn files(mut file: &File) {
    timed!(fs::read("a"));
    timed!(fs::read_to_string("a"));
    timed!(fs::read_dir("a"));
    timed!(fs::write("a", ""));
    timed!(fs::copy("a", "b"));
    timed!(fs::rename("a", "b"));
    timed!(fs::remove_file("a"));
    timed!(fs::remove_dir("a"));
    timed!(fs::remove_dir_all("a"));
    timed!(fs::create_dir("a"));
    timed!(fs::create_dir_all("a"));
    timed!(fs::metadata("a"));
    timed!(fs::symlink_metadata("a"));
    timed!(fs::canonicalize("a"));
    timed!(fs::hard_link("a", "b"));
    timed!(fs::set_permissions("a", file.metadata().unwrap().permissions()));
    timed!(File::open("a"));
    timed!(File::create("a"));
    timed!(File::create_new("a"));
    timed!(file.sync_all());
    timed!(file.sync_data());
    timed!(file.set_len(1));
    timed!(file.metadata());
    timed!(OpenOptions::new().open("a"));
    timed!(file.read_to_end(&mut Vec::new()));
    timed!(file.write(&[1]));
    timed!(BufReader::new(file).read_line(&mut String::new()));
}

async fn tokio_from_sync_code(
    handle: Handle,
    receiver: fn() -> tokio::sync::mpsc::Receiver<u32>,
    unbounded: fn() -> tokio::sync::mpsc::UnboundedReceiver<u32>,
    sender: tokio::sync::mpsc::Sender<u32>,
    oneshot: fn() -> tokio::sync::oneshot::Receiver<u32>,
    broadcast: fn() -> tokio::sync::broadcast::Receiver<u32>,
    mutex: &'static tokio::sync::Mutex<u32>,
    rw_lock: &'static tokio::sync::RwLock<u32>,
) {
    timed!(handle.block_on(async {}));
    timed!(receiver().blocking_recv());
    timed!(receiver().blocking_recv_many(&mut Vec::new(), 1));
    timed!(unbounded().blocking_recv());
    timed!(unbounded().blocking_recv_many(&mut Vec::new(), 1));
    timed!(sender.blocking_send(1));
    timed!(oneshot().blocking_recv());
    timed!(broadcast().blocking_recv());
    timed!(mutex.blocking_lock());
    timed!(std::sync::Arc::new(tokio::sync::Mutex::new(1)).blocking_lock_owned());
    timed!(rw_lock.blocking_read());
    timed!(rw_lock.blocking_write());
    timed!(futures::executor::block_on(async {}));
}

// Silent from here on: calls beside the listed ones that return at once.

async fn calls_that_do_not_block(
    receiver: &mpsc::Receiver<u32>,
    sender: &mpsc::Sender<u32>,
    mutex: &Mutex<Vec<u8>>,
) {
    timed!(thread::yield_now());
    timed!(thread::spawn(|| thread::sleep(SECOND)));
    timed!(receiver.try_recv());
    timed!(sender.send(1));
    timed!(mutex.lock().unwrap().write_all(b"a"));
    timed!(Command::new("make").spawn());
    timed!(io::stdout().write_all(b"a"));
    timed!(io::Cursor::new([1]).read(&mut [0; 1]));
    timed!(b"a".as_slice().read_to_end(&mut Vec::new()));
    timed!(UdpSocket::bind("localhost:0"));
}

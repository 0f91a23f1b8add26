//! A VPN app gives its tunnel's descriptor to a task, as a number, and closes its own end when the
//! user switches networks. The number is free again, and the next file gets it: the task writes a
//! packet into the user's diary.
// ANCHOR: program
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::process;

use tokio::sync::oneshot;

async fn send_packet(tunnel: RawFd, go: oneshot::Receiver<()>) {
    go.await.expect("the app says when");
    // SAFETY: broken on purpose. Nobody keeps this descriptor open for us.
    let mut tunnel = unsafe { File::from_raw_fd(tunnel) };
    tunnel
        .write_all(b"packet")
        .expect("some file is open under this number");
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let diary = std::env::temp_dir().join(format!("traps-diary-{}", process::id()));
    let tunnel = OpenOptions::new()
        .write(true)
        .open("/dev/null")
        .expect("stands for the tunnel");
    let (say, go) = oneshot::channel();
    let sender = tokio::spawn(send_packet(tunnel.as_raw_fd(), go));

    drop(tunnel);
    let file = File::create(&diary).expect("the diary is written");
    say.send(()).expect("the task waits");
    sender.await.expect("the task does not panic");

    // The task closed the number, so it is not ours to close any more.
    std::mem::forget(file);
    let written = fs::read_to_string(&diary).expect("the diary is there");
    let _ = fs::remove_file(&diary);
    println!("symptom: the diary says {written:?}");
}

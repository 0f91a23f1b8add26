//! The task gets a duplicate of its own, an `OwnedFd`. The app may close its end whenever it likes.
// ANCHOR: program
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::process;

use tokio::sync::oneshot;

async fn send_packet(tunnel: OwnedFd, go: oneshot::Receiver<()>) {
    go.await.expect("the app says when");
    let mut tunnel = File::from(tunnel);
    tunnel.write_all(b"packet").expect("the tunnel takes it");
}

#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let diary = std::env::temp_dir().join(format!("traps-diary-{}", process::id()));
    let tunnel = OpenOptions::new()
        .write(true)
        .open("/dev/null")
        .expect("stands for the tunnel");
    let (say, go) = oneshot::channel();
    let duplicate = tunnel
        .as_fd()
        .try_clone_to_owned()
        .expect("there is a descriptor left");
    let sender = tokio::spawn(send_packet(duplicate, go));

    drop(tunnel);
    let file = File::create(&diary).expect("the diary is written");
    say.send(()).expect("the task waits");
    sender.await.expect("the task does not panic");

    drop(file);
    let written = fs::read_to_string(&diary).expect("the diary is there");
    let _ = fs::remove_file(&diary);
    if written.is_empty() {
        println!("fine: the diary is as the user left it");
    } else {
        println!("symptom: the diary says {written:?}");
    }
}

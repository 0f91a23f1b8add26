//! Timed futures that suspend, but block their thread in between.
#![allow(dead_code, unused_must_use)]

use std::{process::Command, time::Duration};

use tokio::{sync::mpsc, time::{sleep, timeout}};

const SECOND: Duration = Duration::from_secs(1);

async fn a_sleep_of_the_thread(mut jobs: mpsc::Receiver<u32>) {
    timeout(SECOND, async {
        while let Some(job) = jobs.recv().await {
            std::thread::sleep(Duration::from_secs(u64::from(job)));
        }
    })
    .await;
}

fn wait_for_child() -> bool {
    Command::new("make").status().is_ok_and(|status| status.success())
}

async fn build() -> bool {
    sleep(SECOND).await;
    wait_for_child()
}

async fn a_child_process_in_a_function() {
    timeout(SECOND, build()).await;
}

async fn a_channel_of_std(values: std::sync::mpsc::Receiver<u32>, done: mpsc::Sender<u32>) {
    timeout(SECOND, async {
        let value = values.recv().unwrap();
        done.send(value).await
    })
    .await;
}

async fn a_file(done: mpsc::Sender<String>) {
    timeout(SECOND, async {
        let text = std::fs::read_to_string("input").unwrap();
        done.send(text).await
    })
    .await;
}

async fn a_socket_of_std() {
    use std::io::Read;
    timeout(SECOND, async {
        tokio::task::yield_now().await;
        let mut stream = std::net::TcpStream::connect("127.0.0.1:80").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
    })
    .await;
}

async fn a_runtime_inside() {
    timeout(SECOND, async {
        sleep(SECOND).await;
        futures::executor::block_on(async { 1 })
    })
    .await;
}

async fn a_thread_that_is_joined() {
    timeout(SECOND, async {
        let worker = std::thread::spawn(|| 1);
        sleep(SECOND).await;
        worker.join().unwrap()
    })
    .await;
}

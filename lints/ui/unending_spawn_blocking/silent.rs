//! Work on the blocking pool that ends, or that can be told to.
#![allow(dead_code, unused)]

use std::{
    io::{BufRead, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use tokio::{sync::mpsc, task::{self, spawn_blocking}};
use tokio_util::sync::CancellationToken;

fn work() -> bool {
    thread::sleep(Duration::from_millis(5));
    true
}

fn handle(event: u32) {}

enum Message {
    Work(u32),
    Stop,
}

async fn bounded(items: Vec<u32>) {
    spawn_blocking(move || {
        for item in items {
            handle(item);
        }
        for _ in 0..1_000_000 {
            work();
        }
        while work() {}
    });
}

async fn the_bridge_of_tokio(mut jobs: mpsc::Receiver<u32>, mut more: mpsc::UnboundedReceiver<u32>) {
    spawn_blocking(move || {
        while let Some(job) = jobs.blocking_recv() {
            handle(job);
        }
        loop {
            match more.blocking_recv() {
                Some(job) => handle(job),
                None => break,
            }
        }
    });
}

async fn flags(stop: Arc<AtomicBool>, token: CancellationToken, events: Receiver<u32>) {
    let seen = stop.clone();
    spawn_blocking(move || {
        while !seen.load(Ordering::Relaxed) {
            work();
        }
    });
    let (seen, other) = (token.clone(), token);
    spawn_blocking(move || {
        loop {
            if seen.is_cancelled() {
                return;
            }
            work();
        }
    });
    spawn_blocking(move || {
        while let Ok(event) = events.recv() {
            if other.is_cancelled() {
                break;
            }
            handle(event);
        }
    });
}

async fn reasons_of_its_own(events: Receiver<u32>) {
    spawn_blocking(move || {
        for event in events {
            if event == 7 {
                break;
            }
        }
        loop {
            if work() {
                return 1;
            }
        }
    });
}

async fn a_message_that_says_stop(events: Receiver<Message>) {
    spawn_blocking(move || {
        loop {
            match events.recv() {
                Ok(Message::Work(event)) => handle(event),
                Ok(Message::Stop) | Err(_) => break,
            }
        }
    });
}

async fn everything_but_work_stops_it(events: Receiver<Message>) {
    spawn_blocking(move || {
        while let Ok(Message::Work(event)) = events.recv() {
            handle(event);
        }
    });
}

async fn the_rest_stops_it(events: Receiver<Message>) {
    spawn_blocking(move || {
        loop {
            match events.recv() {
                Ok(Message::Work(event)) => handle(event),
                _ => break,
            }
        }
    });
}

async fn an_option_in_the_channel(events: Receiver<Option<u32>>) {
    spawn_blocking(move || while let Ok(Some(event)) = events.recv() { handle(event) });
}

async fn an_error_of_the_work(events: Receiver<u32>) {
    spawn_blocking(move || -> std::io::Result<()> {
        for event in events {
            std::fs::write("a", event.to_string())?;
        }
        loop {
            std::fs::read("a")?;
        }
    });
}

async fn the_other_side_is_gone(events: Receiver<u32>, out: mpsc::Sender<u32>) {
    spawn_blocking(move || {
        for event in events {
            if out.blocking_send(event).is_err() {
                break;
            }
        }
    });
}

async fn a_timeout(events: Receiver<u32>) {
    spawn_blocking(move || {
        loop {
            match events.recv_timeout(Duration::from_secs(1)) {
                Ok(event) => handle(event),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        while let Ok(event) = events.try_recv() {
            handle(event);
        }
        for event in events.iter().take(3) {
            handle(event);
        }
    });
}

async fn a_file() {
    spawn_blocking(|| {
        let mut file = BufReader::new(std::fs::File::open("a").unwrap());
        for line in file.by_ref().lines() {
            work();
        }
        let mut buffer = [0; 64];
        loop {
            match file.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
    });
}

async fn fed_by_workers() {
    spawn_blocking(|| {
        let (sender, results) = channel();
        for number in 0..4 {
            let sender = sender.clone();
            thread::spawn(move || sender.send(number));
        }
        drop(sender);
        for result in results {
            handle(result);
        }
    });
}

async fn a_block_that_is_left_early() {
    spawn_blocking(|| {
        loop {
            if !work() {
                break;
            }
            work();
            break;
        }
        'outer: loop {
            loop {
                if work() {
                    break 'outer;
                }
            }
        }
    });
}

async fn ends_the_process() {
    spawn_blocking(|| {
        loop {
            if work() {
                std::process::exit(1);
            }
        }
    });
}

fn on_a_thread(events: Receiver<u32>) {
    thread::spawn(move || {
        for event in events {
            handle(event);
        }
    });
    thread::spawn(|| loop {
        work();
    });
}

async fn a_task() {
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
}

#[allow(unending_spawn_blocking)]
async fn allowed() {
    spawn_blocking(|| {
        loop {
            work();
        }
    });
}

async fn allowed_on_the_loop() {
    spawn_blocking(|| {
        #[allow(unending_spawn_blocking)]
        loop {
            work();
        }
    });
}

fn main() {}

//! Loops on the blocking pool that nothing in them ends.
#![allow(dead_code, unused)]

use std::{
    net::TcpListener,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use tokio::{
    runtime::Handle,
    task::{self, JoinSet, spawn_blocking},
};

fn work() {
    thread::sleep(Duration::from_millis(5));
}

fn handle(event: u32) {}

async fn without_an_exit() {
    spawn_blocking(|| {
        loop {
            work();
        }
    });
    task::spawn_blocking(move || while true { work() });
}

async fn an_exit_of_an_inner_loop() {
    spawn_blocking(|| {
        loop {
            for number in 0..10 {
                if number == 3 {
                    break;
                }
                if number == 4 {
                    continue;
                }
            }
            work();
        }
    });
}

async fn a_for_loop_over_a_channel(events: Receiver<u32>) {
    spawn_blocking(move || {
        for event in events {
            handle(event);
        }
    });
}

async fn an_iterator_over_a_channel(events: Receiver<u32>) {
    spawn_blocking(move || {
        for (number, event) in events.iter().enumerate() {
            handle(event);
        }
    });
}

async fn a_while_loop_over_a_channel(events: Receiver<u32>) {
    spawn_blocking(move || {
        while let Ok(event) = events.recv() {
            handle(event);
        }
    });
}

async fn a_loop_that_breaks_when_the_channel_is_closed(events: Receiver<u32>) {
    spawn_blocking(move || {
        loop {
            match events.recv() {
                Ok(event) => handle(event),
                Err(_) => break,
            }
        }
    });
}

async fn a_loop_that_returns_when_the_channel_is_closed(events: Receiver<u32>) {
    spawn_blocking(move || {
        loop {
            let Ok(event) = events.recv() else { return };
            handle(event);
        }
    });
}

async fn a_question_mark(events: Receiver<u32>) {
    spawn_blocking(move || -> Result<(), std::sync::mpsc::RecvError> {
        loop {
            handle(events.recv()?);
        }
    });
}

async fn with_a_time_limit(events: Receiver<u32>) {
    spawn_blocking(move || {
        loop {
            match events.recv_timeout(Duration::from_secs(1)) {
                Ok(event) => handle(event),
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => continue,
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
    });
}

struct Watcher {
    sender: std::sync::mpsc::Sender<u32>,
}

fn watcher(sender: std::sync::mpsc::Sender<u32>) -> Watcher {
    Watcher { sender }
}

async fn a_watcher_that_lives_beside_its_receiver() {
    spawn_blocking(|| {
        let (sender, events) = channel();
        let watcher = watcher(sender);
        for event in events {
            handle(event);
        }
    });
}

async fn a_listener(listener: TcpListener) {
    spawn_blocking(move || {
        for peer in listener.incoming() {
            work();
        }
    });
}

fn watch_for_ever() {
    loop {
        work();
    }
}

fn start_watching() {
    watch_for_ever();
}

async fn in_a_function() {
    spawn_blocking(watch_for_ever);
    spawn_blocking(|| watch_for_ever());
    spawn_blocking(move || {
        work();
        start_watching();
    });
}

struct Service {
    events: Receiver<u32>,
}

impl Service {
    fn run(self) {
        while let Ok(event) = self.events.recv() {
            handle(event);
        }
    }

    fn start(self) {
        Handle::current().spawn_blocking(move || self.run());
    }
}

async fn in_a_set() {
    let mut set = JoinSet::new();
    set.spawn_blocking(watch_for_ever);
    let tracker = tokio_util::task::TaskTracker::new();
    tracker.spawn_blocking(watch_for_ever);
}

fn main() {}

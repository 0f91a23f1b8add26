//! Shapes that are easy to get wrong.
#![allow(dead_code)]

use std::{collections::HashMap, time::Duration};

use tokio::{
    select as race,
    sync::{
        broadcast::{Receiver as Feed, Sender, error as oops},
        mpsc,
    },
    time::timeout,
};

fn work(_order: u32) {}

struct Hub<T> {
    feed: Feed<T>,
    seen: HashMap<u32, T>,
    lost: u64,
}

impl<T: Clone + Into<u32>> Hub<T> {
    async fn reported_although_another_field_is_assigned(&mut self) {
        self.lost = 0;
        while let Ok(item) = self.feed.recv().await {
            self.lost = 1;
            work(item.into());
        }
    }

    async fn reported_in_nested_loops(&mut self, stop: &mut mpsc::Receiver<()>) {
        'outer: loop {
            race! {
                item = self.feed.recv() => {
                    let Ok(item) = item else { break 'outer };
                    work(item.into());
                }
                _ = stop.recv() => break,
            }
        }
    }

    async fn silent_counts(&mut self) {
        loop {
            match self.feed.recv().await {
                Ok(item) => work(item.into()),
                Err(_) => self.lost += 1,
            }
        }
    }

    async fn silent_receiver_is_replaced(&mut self, sender: &Sender<T>) {
        loop {
            while let Ok(item) = self.feed.recv().await {
                work(item.into());
            }
            self.feed = sender.subscribe();
        }
    }

    async fn silent_guarded_arm(&mut self) {
        loop {
            match self.feed.recv().await {
                Ok(item) => work(item.into()),
                Err(error) if error == oops::RecvError::Closed => break,
                Err(_) => {}
            }
        }
    }

    async fn silent_nested_error(&mut self) -> Option<()> {
        loop {
            let item = timeout(Duration::from_secs(1), self.feed.recv()).await;
            match item {
                Ok(Ok(item)) => work(item.into()),
                Ok(Err(oops::RecvError::Lagged(lost))) => self.lost += lost,
                Ok(Err(_)) => return None,
                Err(_elapsed) => {}
            }
        }
    }

    async fn silent_logged_in_map_err(&mut self) {
        while let Ok(item) = self.feed.recv().await.map_err(|error| eprintln!("{error}")) {
            work(item.into());
        }
    }

    async fn silent_inspected(&mut self) {
        while let Ok(item) = self.feed.recv().await.inspect_err(|error| eprintln!("{error}")) {
            work(item.into());
        }
    }
}

async fn reported_elapsed_is_told_apart_but_lagged_is_not(mut feed: Feed<u32>) {
    loop {
        match timeout(Duration::from_secs(1), feed.recv()).await {
            Ok(Ok(item)) => work(item),
            Ok(Err(_)) => break,
            Err(_elapsed) => work(0),
        }
    }
}

async fn reported_through_a_second_variable(mut feed: Feed<u32>) {
    loop {
        let received = feed.recv().await;
        let item = received.ok();
        if let Some(item) = item {
            work(item);
        }
    }
}

async fn reported_by_reference(mut feed: Feed<String>) {
    loop {
        let received = feed.recv().await;
        if let Ok(text) = received.as_deref() {
            work(text.len() as u32);
        }
    }
}

async fn silent_compared(mut feed: Feed<u32>) {
    loop {
        let received = feed.recv().await;
        if received == Err(oops::RecvError::Lagged(1)) {
            continue;
        }
        let Ok(item) = received else { break };
        work(item);
    }
}

async fn silent_collected(mut feed: Feed<u32>) -> Vec<Result<u32, oops::RecvError>> {
    let mut all = Vec::new();
    while all.len() < 10 {
        all.push(feed.recv().await);
    }
    all
}

async fn silent_bailing_macro(mut feed: Feed<u32>) {
    loop {
        let Ok(item) = feed.recv().await else {
            panic!("the feed broke off");
        };
        work(item);
    }
}

async fn silent_exit(mut feed: Feed<u32>) {
    loop {
        match feed.recv().await {
            Ok(item) => work(item),
            Err(_) => std::process::exit(1),
        }
    }
}

async fn silent_in_the_condition(mut feed: Feed<u32>) {
    while matches!(feed.recv().await, Ok(3) | Err(oops::RecvError::Lagged(_))) {}
}

async fn silent_stops_with_the_first(mut stop: Feed<&'static str>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        race! {
            reason = stop.recv() => match reason {
                Ok(reason) => {
                    println!("{reason}");
                    return;
                }
                Err(_) => return,
            },
            Some(job) = jobs.recv() => work(job),
        }
    }
}

fn main() {}

//! Locks asked for anew in each pass.
#![warn(queue_place_lost_in_select)]
#![allow(dead_code, unknown_lints, unused_must_use)]

use std::sync::Arc;

use tokio::{
    select,
    sync::{Mutex, Notify, RwLock, Semaphore, mpsc},
    time::Interval,
};

struct State {
    counts: Mutex<u64>,
    table: RwLock<Vec<u8>>,
    permits: Arc<Semaphore>,
}

async fn count(state: &State, mut ping: Interval) {
    loop {
        select! {
            mut count = state.counts.lock() => *count += 1,
            _ = ping.tick() => {}
        }
    }
}

async fn behind_others(state: &State, mut ping: Interval) {
    loop {
        select! {
            biased;
            _ = ping.tick() => {}
            mut count = state.counts.lock() => *count += 1,
        }
    }
}

async fn tables(state: Arc<State>, mut ping: Interval) {
    for _ in 0..10 {
        select! {
            table = state.table.read() => drop(table),
            mut table = state.table.write() => table.push(1),
            _ = ping.tick() => {}
        }
    }
}

async fn permits(state: Arc<State>, mut ping: Interval) {
    loop {
        select! {
            permit = state.permits.acquire() => drop(permit),
            _ = ping.tick() => {}
        }
        select! {
            permit = state.permits.clone().acquire_owned() => drop(permit),
            _ = ping.tick() => {}
        }
        select! {
            permits = state.permits.acquire_many(2) => drop(permits),
            _ = ping.tick() => {}
        }
    }
}

async fn add(state: &State) {
    *state.counts.lock().await += 1;
}

async fn through_a_function(state: &State, mut ping: Interval) {
    loop {
        select! {
            () = add(state) => {}
            _ = ping.tick() => {}
        }
    }
}

async fn pinned_outside(state: &State, mut ping: Interval) {
    let mut lock = std::pin::pin!(state.counts.lock());
    loop {
        select! {
            count = &mut lock => return drop(count),
            _ = ping.tick() => {}
        }
    }
}

async fn acquired_outside(state: &State, mut ping: Interval) {
    let permit = state.permits.acquire().await;
    loop {
        select! {
            _ = ping.tick() => {}
            else => break,
        }
    }
    drop(permit);
}

async fn in_the_handler(state: &State, mut ping: Interval, mut jobs: mpsc::Receiver<u64>) {
    loop {
        select! {
            Some(job) = jobs.recv() => *state.counts.lock().await += job,
            _ = ping.tick() => {}
        }
    }
}

async fn no_loop(state: &State, mut ping: Interval) {
    select! {
        count = state.counts.lock() => drop(count),
        _ = ping.tick() => {}
    }
}

async fn the_others_leave(state: &State, mut stop: mpsc::Receiver<()>) {
    loop {
        select! {
            mut count = state.counts.lock() => *count += 1,
            _ = stop.recv() => break,
        }
    }
}

async fn a_lock_of_the_pass(mut ping: Interval) {
    loop {
        let lock = Mutex::new(1);
        select! {
            count = lock.lock() => drop(count),
            _ = ping.tick() => {}
        }
    }
}

async fn other_queues(notify: Notify, sender: mpsc::Sender<u8>, mut ping: Interval) {
    loop {
        select! {
            () = notify.notified() => {}
            permit = sender.reserve() => permit.unwrap().send(1),
            _ = ping.tick() => {}
        }
    }
}

async fn tried(state: &State, mut ping: Interval) {
    loop {
        select! {
            _ = async { drop(state.counts.try_lock()) } => {}
            _ = ping.tick() => {}
        }
    }
}

async fn a_std_lock(lock: &std::sync::Mutex<u64>, mut ping: Interval) {
    loop {
        select! {
            _ = async { *lock.lock().unwrap() += 1 } => {}
            _ = ping.tick() => {}
        }
    }
}

async fn re_armed(state: &State, mut ping: Interval) {
    let mut lock = Box::pin(state.counts.lock());
    loop {
        select! {
            mut count = &mut lock => {
                *count += 1;
                lock.set(state.counts.lock());
            }
            _ = ping.tick() => {}
        }
    }
}

async fn a_lock_without_a_queue(lock: futures::lock::Mutex<u64>, mut ping: Interval) {
    loop {
        select! {
            mut count = lock.lock() => *count += 1,
            _ = ping.tick() => {}
        }
    }
}

async fn a_task(state: Arc<State>, mut ping: Interval) {
    loop {
        let state = state.clone();
        select! {
            done = tokio::spawn(async move { add(&state).await }) => drop(done),
            _ = ping.tick() => {}
        }
    }
}

async fn left_with_an_error(state: &State, mut jobs: mpsc::Receiver<u64>) -> Option<()> {
    loop {
        select! {
            mut count = state.counts.lock() => *count += 1,
            _ = jobs.recv() => return None,
        }
    }
}

#[allow(queue_place_lost_in_select)]
async fn allowed(state: &State, mut ping: Interval) {
    loop {
        select! {
            mut count = state.counts.lock() => *count += 1,
            _ = ping.tick() => {}
        }
    }
}

fn main() {}

//! Shapes that are easy to get wrong.
#![allow(dead_code)]

use std::{future::Future, pin::Pin, time::Duration};

use tokio::{
    select as race,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::sleep,
};

async fn load() -> u32 {
    sleep(Duration::from_millis(1)).await;
    7
}

fn work(_job: u32) {}

type Job = Pin<Box<dyn Future<Output = u32> + Send>>;

struct Loader {
    job: Job,
    other: u32,
}

impl Loader {
    async fn reported_although_another_field_is_assigned(&mut self, jobs: &mut mpsc::Receiver<u32>) {
        loop {
            race! {
                value = &mut self.job => work(value),
                Some(job) = jobs.recv() => self.other = job,
            }
        }
    }

    async fn silent_replaced(&mut self, jobs: &mut mpsc::Receiver<u32>) {
        loop {
            race! {
                value = &mut self.job => {
                    work(value);
                    self.job = Box::pin(load());
                }
                Some(job) = jobs.recv() => self.other = job,
            }
        }
    }

    async fn silent_replaced_after_the_select(&mut self, jobs: &mut mpsc::Receiver<u32>) {
        loop {
            let done = race! {
                value = self.job.as_mut() => Some(value),
                Some(_) = jobs.recv() => None,
            };
            if let Some(value) = done {
                work(value);
                self.job = Box::pin(load());
            }
        }
    }
}

macro_rules! wait_for {
    ($future:expr, $jobs:expr) => {
        loop {
            tokio::select! {
                value = $future => work(value),
                Some(job) = $jobs.recv() => work(job),
            }
        }
    };
}

async fn reported_in_a_macro_of_the_crate(mut jobs: mpsc::Receiver<u32>) {
    let mut job = Box::pin(load());
    wait_for!(&mut job, jobs);
}

async fn silent_option(mut jobs: mpsc::Receiver<u32>) {
    let mut job: Option<Job> = Some(Box::pin(load()));
    loop {
        race! {
            value = async { job.as_mut().unwrap().await }, if job.is_some() => {
                work(value);
                job = None;
            }
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn silent_shadowed(mut jobs: mpsc::Receiver<u32>) {
    let mut task: JoinHandle<u32> = tokio::spawn(load());
    loop {
        let mut task = std::mem::replace(&mut task, tokio::spawn(load()));
        race! {
            _ = &mut task => {}
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn silent_labelled(mut answer: oneshot::Receiver<u32>, mut jobs: mpsc::Receiver<u32>) {
    'all: loop {
        loop {
            race! {
                _ = &mut answer => break 'all,
                Some(job) = jobs.recv() => work(job),
            }
        }
    }
}

async fn silent_panics(mut task: JoinHandle<u32>, mut jobs: mpsc::Receiver<u32>) {
    loop {
        race! {
            result = &mut task => panic!("the task ended: {result:?}"),
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn silent_question_mark_at_the_end(
    mut task: JoinHandle<Result<(), String>>,
    mut jobs: mpsc::Receiver<u32>,
) -> Result<(), String> {
    loop {
        race! {
            result = &mut task => return result.map_err(|error| error.to_string())?,
            Some(job) = jobs.recv() => work(job),
        }
    }
}

async fn silent_handler_in_a_flag_of_a_struct(mut jobs: mpsc::Receiver<u32>) {
    struct State {
        running: bool,
    }
    let mut state = State { running: true };
    let mut task = tokio::spawn(load());
    while state.running {
        race! {
            _ = &mut task => state.running = false,
            Some(job) = jobs.recv() => work(job),
        }
    }
}

fn main() {}

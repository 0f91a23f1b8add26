//! An importer loads its index once while it takes jobs. The branch of the index does not leave the
//! loop, so the next pass polls a future that has already returned: it panics.
// ANCHOR: program
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::lanes::InLane as _;

async fn load_index() -> usize {
    sleep(Duration::from_millis(10)).in_lane("index").await;
    42
}

async fn produce(jobs: mpsc::Sender<u32>) {
    for job in 0..3 {
        sleep(Duration::from_millis(20)).await;
        if jobs.send(job).await.is_err() {
            return;
        }
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub async fn main() {
    let (sender, mut jobs) = mpsc::channel(4);
    tokio::spawn(produce(sender));
    let index = load_index();
    tokio::pin!(index);
    let mut done = 0;
    loop {
        tokio::select! {
            entries = &mut index => println!("index loaded: {entries} entries"),
            job = jobs.recv().in_lane("recv") => match job {
                Some(_) => done += 1,
                None => break,
            },
        }
    }
    println!("fine: {done} jobs done");
}

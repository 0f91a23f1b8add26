use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

// ANCHOR: solution
/// Stops within one pass, and also in the middle of a slow job.
async fn work(mut jobs: mpsc::Receiver<Duration>, stop: CancellationToken) -> u32 {
    let mut done = 0;
    loop {
        let job = tokio::select! {
            biased; // the token first, however many jobs are waiting
            () = stop.cancelled() => return done,
            job = jobs.recv() => job,
        };
        let Some(job) = job else { return done };
        match stop.run_until_cancelled(sleep(job)).await {
            Some(()) => done += 1,
            None => return done,
        }
    }
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn a_slow_job_does_not_hold_up_the_shutdown() {
    let (sender, jobs) = mpsc::channel(8);
    for seconds in [1, 1, 3600, 1] {
        sender.try_send(Duration::from_secs(seconds)).unwrap();
    }
    let stop = CancellationToken::new();
    let started = Instant::now();
    let worker = tokio::spawn(work(jobs, stop.clone()));
    sleep(Duration::from_secs(5)).await;
    stop.cancel();
    assert_eq!(worker.await.unwrap(), 2);
    assert_eq!(started.elapsed().as_secs(), 5);
}

//! Chapter "Backpressure and limits".

use std::sync::Arc;

use tokio::sync::{Semaphore, TryAcquireError};

// ANCHOR: door
/// Serves at most so many requests at a time and says "busy" to the rest.
#[derive(Clone)]
pub struct Door(Arc<Semaphore>);

#[derive(Debug, PartialEq, Eq)]
pub struct Busy;

impl Door {
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Semaphore::new(limit)))
    }

    pub async fn serve<F: Future>(&self, request: F) -> Result<F::Output, Busy> {
        // `try_acquire`, not `acquire`: a queue in front of the door would grow without a limit.
        let _permit = match self.0.try_acquire() {
            Ok(permit) => permit,
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => return Err(Busy),
        };
        Ok(request.await)
    }
}
// ANCHOR_END: door

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::sync::mpsc;
    use tokio::task::JoinSet;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn the_third_is_told_that_it_is_busy() {
        let door = Door::new(2);
        let request = || sleep(Duration::from_secs(1));
        let (first, second, third) = tokio::join!(
            door.serve(request()),
            door.serve(request()),
            door.serve(request()),
        );
        assert_eq!((first, second, third), (Ok(()), Ok(()), Err(Busy)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_bounded_channel_makes_the_producer_wait() {
        let (sender, mut receiver) = mpsc::channel(4);
        let ahead = Arc::new(AtomicUsize::new(0));
        let sent = Arc::clone(&ahead);
        tokio::spawn(async move {
            for number in 0..100 {
                sender.send(number).await.expect("the consumer listens");
                sent.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut taken = 0;
        while receiver.recv().await.is_some() {
            taken += 1;
            sleep(Duration::from_millis(1)).await;
            assert!(ahead.load(Ordering::Relaxed) <= taken + 4);
        }
        assert_eq!(taken, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_join_set_with_a_limit() {
        // ANCHOR: join_set
        const LIMIT: usize = 8;
        let mut visits = JoinSet::new();
        let mut most = 0;
        for _link in 0..100 {
            if visits.len() == LIMIT {
                visits.join_next().await.unwrap().unwrap(); // room for one more
            }
            visits.spawn(sleep(Duration::from_millis(20)));
            most = most.max(visits.len());
        }
        visits.join_all().await;
        assert_eq!(most, LIMIT);
        // ANCHOR_END: join_set
    }
}

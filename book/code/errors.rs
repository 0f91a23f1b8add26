//! Chapter "Errors in tasks".

use std::fmt;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::time::sleep;

// ANCHOR: outcomes
/// The three ways in which a task ends.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended<T> {
    Returned(T),
    Cancelled,
    Panicked(String),
}

pub async fn ended<T>(task: JoinHandle<T>) -> Ended<T> {
    match task.await {
        Ok(value) => Ended::Returned(value),
        Err(error) if error.is_cancelled() => Ended::Cancelled,
        Err(error) => Ended::Panicked(message(error)),
    }
}

fn message(error: JoinError) -> String {
    let payload = error.into_panic();
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a text".into())
}
// ANCHOR_END: outcomes

// ANCHOR: supervise
/// Starts the work anew when it fails, each time after a longer pause, and gives up at `attempts`.
///
/// # Errors
///
/// The last failure.
pub async fn supervise<T, E, F, Fut>(attempts: u32, mut work: F) -> Result<T, String>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: fmt::Display + Send + 'static,
{
    let mut last = String::from("no attempt was allowed");
    for attempt in 0..attempts {
        if attempt > 0 {
            sleep(Duration::from_millis(100) * 2_u32.saturating_pow(attempt)).await;
        }
        last = match ended(tokio::spawn(work())).await {
            Ended::Returned(Ok(value)) => return Ok(value),
            Ended::Returned(Err(error)) => error.to_string(),
            Ended::Panicked(message) => format!("panicked: {message}"),
            // Only the runtime cancels a task whose handle nobody else has: it is shutting down.
            Ended::Cancelled => return Err("cancelled".into()),
        };
    }
    Err(last)
}
// ANCHOR_END: supervise

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn three_ends() {
        assert_eq!(ended(tokio::spawn(async { 7 })).await, Ended::Returned(7));

        let stuck = tokio::spawn(pending::<()>());
        stuck.abort();
        assert_eq!(ended(stuck).await, Ended::Cancelled);

        let broken = tokio::spawn(async { panic!("no route") });
        assert_eq!(
            ended::<()>(broken).await,
            Ended::Panicked("no route".into())
        );
    }

    #[tokio::test(start_paused = true)]
    async fn it_comes_back_after_an_error_and_a_panic() {
        let attempts = Arc::new(AtomicU32::new(0));
        let work = || {
            let attempts = Arc::clone(&attempts);
            async move {
                match attempts.fetch_add(1, Ordering::Relaxed) {
                    0 => Err("refused"),
                    1 => panic!("no route"),
                    _ => Ok("connected"),
                }
            }
        };
        assert_eq!(supervise(3, work).await.as_deref(), Ok("connected"));

        attempts.store(0, Ordering::Relaxed);
        assert_eq!(supervise(2, work).await, Err("panicked: no route".into()));
    }
}

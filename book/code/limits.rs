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
mod tests;

//! Chapter "Tower middleware": a layer that limits what is under way.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project::pin_project;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service, ServiceBuilder};

// ANCHOR: greeter
/// The least that a service has to have.
#[derive(Clone)]
pub struct Greeter;

impl Service<String> for Greeter {
    type Response = String;
    type Error = Infallible;
    type Future = Ready<Result<String, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: String) -> Self::Future {
        ready(Ok(format!("hello, {name}")))
    }
}
// ANCHOR_END: greeter

// ANCHOR: layer
/// Lets at most `limit` requests of all clones of a service be under way.
#[derive(Clone)]
pub struct InFlight(Arc<Semaphore>);

impl InFlight {
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Semaphore::new(limit)))
    }
}

impl<S> Layer<S> for InFlight {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited {
            inner,
            turns: PollSemaphore::new(Arc::clone(&self.0)),
            turn: None,
        }
    }
}
// ANCHOR_END: layer

// ANCHOR: service
pub struct Limited<S> {
    inner: S,
    turns: PollSemaphore,
    /// What `poll_ready` has promised to the next `call`.
    turn: Option<OwnedSemaphorePermit>,
}

impl<S: Clone> Clone for Limited<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            turns: self.turns.clone(),
            turn: None, // a promise is to one caller
        }
    }
}

impl<S, Request> Service<Request> for Limited<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Holding<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if self.turn.is_none() {
            // `None` would mean a closed semaphore, and nobody closes this one.
            self.turn = ready!(self.turns.poll_acquire(context));
        }
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Holding<S::Future> {
        let turn = self
            .turn
            .take()
            .expect("`poll_ready` comes before each `call`");
        Holding {
            response: self.inner.call(request),
            _turn: turn,
        }
    }
}

/// The response, and the turn that ends with it: when it is ready or dropped.
#[pin_project]
pub struct Holding<F> {
    #[pin]
    response: F,
    _turn: OwnedSemaphorePermit,
}

impl<F: Future> Future for Holding<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().response.poll(context)
    }
}
// ANCHOR_END: service

// ANCHOR: order
pub fn guarded<S>(handler: S) -> BoxCloneSyncService<u32, u32, BoxError>
where
    S: Service<u32, Response = u32> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    let service = ServiceBuilder::new()
        .load_shed() // "not ready" becomes an error at once
        .concurrency_limit(512)
        .timeout(Duration::from_secs(10)) // starts when the request has its turn
        .service(handler);
    BoxCloneSyncService::new(service)
}
// ANCHOR_END: order

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};
    use tower::{ServiceExt as _, service_fn};

    async fn answer(request: u32) -> Result<u32, Infallible> {
        sleep(Duration::from_secs(1)).await;
        Ok(request * 2)
    }

    #[tokio::test(start_paused = true)]
    async fn two_at_a_time() {
        let service = InFlight::new(2).layer(service_fn(answer));
        let started = Instant::now();
        let answers = futures::future::join_all((0..6).map(|n| service.clone().oneshot(n))).await;
        let answers: Vec<u32> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, [0, 2, 4, 6, 8, 10]);
        assert_eq!(started.elapsed().as_secs(), 3, "three rounds of two");
    }

    #[tokio::test]
    async fn it_greets() {
        let greeting = Greeter.oneshot("world".into()).await;
        assert_eq!(greeting.unwrap(), "hello, world");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_over_the_limit_is_refused_and_what_is_slow_is_cut() {
        let service = guarded(service_fn(async |pause: u32| {
            sleep(Duration::from_secs(pause.into())).await;
            Ok::<_, Infallible>(0)
        }));
        let started = Instant::now();
        let answers = futures::future::join_all((0..600).map(|n| {
            let pause = if n == 0 { 60 } else { 1 };
            service.clone().oneshot(pause)
        }));
        let failed: Vec<_> = answers.await.into_iter().filter_map(Result::err).collect();
        let is_refused = |error: &&BoxError| error.is::<tower::load_shed::error::Overloaded>();
        assert_eq!(failed.iter().filter(is_refused).count(), 600 - 512);
        assert_eq!(failed.len(), 600 - 512 + 1, "one took too long");
        assert_eq!(started.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_request_gives_its_turn_back() {
        let limit = InFlight::new(1);
        let mut service = limit.layer(service_fn(answer));
        let response = service.ready().await.unwrap().call(1);
        assert_eq!(limit.0.available_permits(), 0);
        drop(response);
        assert_eq!(limit.0.available_permits(), 1);
    }
}

//! The task that asks a resolver, several questions at a time.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use async_patterns::timeout::fused_timeout;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;

/// Finds the addresses of a name.
#[trait_variant::make(Resolve: Send)]
pub trait LocalResolve: 'static {
    /// The addresses of a name; none if there is no such name. The caller limits the time.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // std does not tell "no such name" from "no answer", so both are an error.
        let addresses = tokio::net::lookup_host((name, 0)).await?;
        Ok(addresses.map(|address| address.ip()).collect())
    }
}

/// A resolver that knows these names and no others.
#[derive(Clone, Debug, Default)]
pub struct StaticNames(pub HashMap<String, Vec<IpAddr>>);

impl Resolve for StaticNames {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(self.0.get(name).cloned().unwrap_or_default())
    }
}

pub(super) struct Question {
    pub(super) serial: u64,
    pub(super) name: String,
}

pub(super) struct Answer {
    pub(super) serial: u64,
    pub(super) addresses: io::Result<Vec<IpAddr>>,
}

/// Questions that are asked at the same time.
const PARALLEL: usize = 16;

/// Asks until nobody has questions, or wants answers, any more.
pub(super) async fn run<R: Resolve + Sync>(
    resolver: R,
    mut questions: mpsc::Receiver<Question>,
    answers: mpsc::Sender<Answer>,
    limit: Duration,
) {
    let mut asked = FuturesUnordered::new();
    loop {
        tokio::select! {
            question = questions.recv(), if asked.len() < PARALLEL => {
                let Some(question) = question else { return };
                asked.push(ask(&resolver, question, limit));
            }
            Some(answer) = asked.next() => {
                // There is a place for each question that waits, so it is only full if nobody
                // waits for this one.
                let _ = answers.try_send(answer);
            }
            () = answers.closed() => return,
        }
    }
}

async fn ask<R: Resolve>(resolver: &R, question: Question, limit: Duration) -> Answer {
    let asked = fused_timeout(limit, resolver.resolve(&question.name)).await;
    Answer {
        serial: question.serial,
        addresses: asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
    }
}

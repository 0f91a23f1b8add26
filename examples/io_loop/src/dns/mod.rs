//! DNS interception: the loop answers what applications ask its resolver.
//!
//! A name is answered with an address of a private range that stands for it. When a flow to that
//! address arrives, the loop knows the name again: a proxy can be given it, and a direct connection
//! takes the addresses that the resolver said.

pub mod message;
mod names;
mod resolver;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use async_patterns::task::TaskScope;
use tokio::sync::mpsc;

use crate::config::DnsConfig;
use crate::connector::Target;
use message::{Kind, Reply};
use names::Names;

pub use resolver::{LocalResolve, Resolve, StaticNames, SystemResolver};

use resolver::{Answer, Question};

/// What the interceptor does with a question.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Send this answer.
    Answer(Vec<u8>),
    /// As before, and the answer came from the cache.
    Cached(Vec<u8>),
    /// Send this; it says that there is no answer now.
    Failed(Vec<u8>),
    /// Wait for the resolver.
    Pending,
    /// Not a question.
    Malformed,
}

/// The answer to a question that had to wait.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) app: SocketAddr,
    pub(crate) payload: Vec<u8>,
    pub(crate) failed: bool,
}

pub(crate) struct Interceptor {
    config: DnsConfig,
    names: Names,
    /// `None` once the resolver is gone.
    answers: Option<mpsc::Receiver<Answer>>,
    questions: mpsc::Sender<Question>,
    waiting: HashMap<u64, (SocketAddr, message::Question)>,
    serial: u64,
}

impl Interceptor {
    /// Starts the resolver in `scope`.
    pub(crate) fn new<R: Resolve + Sync>(
        config: DnsConfig,
        resolver: R,
        scope: &TaskScope,
    ) -> Self {
        let (questions, incoming) = mpsc::channel(config.queue);
        let (outgoing, answers) = mpsc::channel(config.queue);
        let resolving = resolver::run(resolver, incoming, outgoing, config.limit);
        scope.spawn_until_cancelled("resolver", resolving);
        Self {
            names: Names::new(config.first_address, config.names, config.ttl),
            config,
            answers: Some(answers),
            questions,
            waiting: HashMap::new(),
            serial: 0,
        }
    }

    /// Whether datagrams to this address are questions for the interceptor.
    pub(crate) fn serves(&self, target: SocketAddr) -> bool {
        target == self.config.server
    }

    /// Where an address leads: to its name if the interceptor gave it out, else to itself.
    pub(crate) fn target(&mut self, address: SocketAddr) -> Target {
        let IpAddr::V4(v4) = address.ip() else {
            return Target::Address(address);
        };
        match self.names.lookup(v4) {
            Some(entry) => Target::Name {
                name: entry.name.to_string(),
                addresses: entry
                    .addresses
                    .iter()
                    .map(|ip| SocketAddr::new(*ip, address.port()))
                    .collect(),
                port: address.port(),
            },
            None => Target::Address(address),
        }
    }

    /// Answers a question, or passes it to the resolver.
    pub(crate) fn ask(&mut self, app: SocketAddr, payload: &[u8]) -> Verdict {
        let Ok(question) = message::parse(payload) else {
            return Verdict::Malformed;
        };
        match question.kind {
            Kind::Address => {}
            // The name may have such an address, but the private range has none to stand for it.
            Kind::NoSuchRecord => return Verdict::Answer(question.reply(Reply::Empty)),
            Kind::Unsupported => return Verdict::Answer(question.reply(Reply::NotImplemented)),
        }
        if let Some(address) = self.names.find(&question.name) {
            let reply = Reply::Address(address, self.config.ttl);
            return Verdict::Cached(question.reply(reply));
        }
        if self.waiting.len() >= self.config.queue {
            return Verdict::Failed(question.reply(Reply::Failed));
        }
        self.serial += 1;
        let asked = Question {
            serial: self.serial,
            name: question.name.clone(),
        };
        // Full, or the resolver is gone.
        if self.questions.try_send(asked).is_err() {
            return Verdict::Failed(question.reply(Reply::Failed));
        }
        self.waiting.insert(self.serial, (app, question));
        Verdict::Pending
    }

    /// The next answers. Waits forever once the resolver is gone.
    ///
    /// # Cancel safety
    ///
    /// A cancelled call has taken nothing.
    pub(crate) async fn next(&mut self) -> Vec<Finished> {
        let Some(answers) = &mut self.answers else {
            return std::future::pending().await;
        };
        match answers.recv().await {
            Some(answer) => self.finish(answer).into_iter().collect(),
            None => self.fail_all(),
        }
    }

    /// The next answer, if there is one now.
    pub(crate) fn try_next(&mut self) -> Option<Finished> {
        let answer = self.answers.as_mut()?.try_recv().ok()?;
        self.finish(answer)
    }

    fn finish(&mut self, answer: Answer) -> Option<Finished> {
        let (app, question) = self.waiting.remove(&answer.serial)?;
        let reply = match answer.addresses {
            Ok(addresses) if addresses.is_empty() => Reply::NoSuchName,
            Ok(addresses) => {
                let address = self.names.insert(&question.name, addresses);
                Reply::Address(address, self.config.ttl)
            }
            Err(_) => Reply::Failed,
        };
        Some(Finished {
            app,
            failed: reply == Reply::Failed,
            payload: question.reply(reply),
        })
    }

    /// The resolver is gone, and will answer none of those that wait.
    fn fail_all(&mut self) -> Vec<Finished> {
        self.answers = None;
        self.waiting
            .drain()
            .map(|(_, (app, question))| Finished {
                app,
                failed: true,
                payload: question.reply(Reply::Failed),
            })
            .collect()
    }
}

//! Chapter "Choosing": state with one owner, reached by messages.

use std::collections::HashMap;

use tokio::sync::{mpsc, oneshot};

// ANCHOR: actor
enum Command {
    Add(&'static str, u32),
    Get(&'static str, oneshot::Sender<u32>),
}

/// A handle to the counters; clone it freely. The task ends when the last handle is gone.
#[derive(Clone)]
pub struct Counters(mpsc::Sender<Command>);

impl Counters {
    pub fn start() -> Self {
        let (sender, mut commands) = mpsc::channel(32);
        tokio::spawn(async move {
            let mut counters = HashMap::new();
            while let Some(command) = commands.recv().await {
                match command {
                    Command::Add(name, n) => *counters.entry(name).or_default() += n,
                    Command::Get(name, reply) => {
                        // An error means that the asker was cancelled, and needs no answer.
                        let _ = reply.send(counters.get(name).copied().unwrap_or(0));
                    }
                }
            }
        });
        Self(sender)
    }

    pub async fn add(&self, name: &'static str, n: u32) {
        // The task ends only after the last handle, and this is one.
        let _ = self.0.send(Command::Add(name, n)).await;
    }

    pub async fn get(&self, name: &'static str) -> Option<u32> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Command::Get(name, reply)).await.ok()?;
        answer.await.ok()
    }
}
// ANCHOR_END: actor

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_handles_one_owner() {
        let counters = Counters::start();
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let counters = counters.clone();
                tokio::spawn(async move { counters.add("hits", 1).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(counters.get("hits").await, Some(10));
    }
}

//! Chapter "tokio's runtime".

use std::rc::Rc;

use tokio::sync::mpsc;
use tokio::task::{LocalSet, spawn_local};

// ANCHOR: local_set
/// A scripting engine keeps its state in `Rc`, which may not leave its thread.
pub async fn run_scripts(scripts: Vec<&'static str>) -> usize {
    let engine = Rc::new(String::from("engine"));
    let local = LocalSet::new();
    let finished = local.run_until(async move {
        let tasks: Vec<_> = scripts
            .into_iter()
            .map(|script| {
                let engine = Rc::clone(&engine);
                spawn_local(async move { engine.len() + script.len() })
            })
            .collect();
        let mut finished = 0;
        for task in tasks {
            finished += usize::from(task.await.is_ok());
        }
        finished
    });
    finished.await
}
// ANCHOR_END: local_set

// ANCHOR: drain
/// Receives until the channel is closed.
pub async fn drain(mut messages: mpsc::Receiver<u32>, received: &mut u32) {
    while messages.recv().await.is_some() {
        *received += 1;
    }
}
// ANCHOR_END: drain

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    /// A thread that has no runtime makes a timer, or a socket.
    #[test]
    fn a_context_is_needed_and_can_be_entered() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let handle = runtime.handle().clone();
        let make = || drop(tokio::time::sleep(std::time::Duration::ZERO));
        let panic = std::panic::catch_unwind(make).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        let expected =
            "there is no reactor running, must be called from the context of a Tokio 1.x";
        assert!(message.starts_with(expected), "{message}");
        let _context = handle.enter();
        make();
    }

    #[tokio::test]
    async fn tasks_that_are_not_send() {
        assert_eq!(run_scripts(vec!["a", "b"]).await, 2);
    }

    /// One poll of `drain`, with 1000 messages ready.
    async fn received_in_one_poll() -> u32 {
        let (sender, messages) = mpsc::channel(1000);
        for number in 0..1000 {
            sender.try_send(number).expect("there is room for all");
        }
        let mut received = 0;
        {
            let mut draining = pin!(drain(messages, &mut received));
            poll_fn(|context| {
                assert!(draining.as_mut().poll(context).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        received
    }

    #[tokio::test]
    async fn the_budget_ends_a_poll_that_always_finds_something() {
        let received = tokio::spawn(received_in_one_poll()).await.unwrap();
        assert_eq!(received, 128);
    }

    #[tokio::test]
    async fn without_a_budget_it_takes_all() {
        let all = tokio::spawn(tokio::task::unconstrained(received_in_one_poll()));
        assert_eq!(all.await.unwrap(), 1000);
    }
}

//! Chapter "Choosing": what `select!`, `join!` and `try_join!` do with the futures they are given.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

// ANCHOR: biased
/// Control messages go before data, always.
pub async fn next(
    control: &mut mpsc::Receiver<&'static str>,
    data: &mut mpsc::Receiver<&'static str>,
) -> Option<&'static str> {
    tokio::select! {
        biased;
        Some(command) = control.recv() => Some(command),
        Some(packet) = data.recv() => Some(packet),
        else => None, // both channels are closed: no pattern can match any more
    }
}
// ANCHOR_END: biased

// ANCHOR: precondition
/// Takes at most `room` packets, or what comes until the token is cancelled.
pub async fn fill(
    data: &mut mpsc::Receiver<&'static str>,
    room: usize,
    stop: &CancellationToken,
) -> Vec<&'static str> {
    let mut taken = Vec::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return taken,
            packet = data.recv(), if taken.len() < room => match packet {
                Some(packet) => taken.push(packet),
                None => return taken,
            },
        }
    }
}
// ANCHOR_END: precondition

/// Says when it is dropped before it was done.
pub async fn upload(
    name: &'static str,
    takes: Duration,
    cancelled: mpsc::UnboundedSender<&'static str>,
) -> Result<&'static str, String> {
    struct OnDrop(Option<(&'static str, mpsc::UnboundedSender<&'static str>)>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            if let Some((name, cancelled)) = self.0.take() {
                // An error means that nobody is interested any more.
                let _ = cancelled.send(name);
            }
        }
    }
    let mut on_drop = OnDrop(Some((name, cancelled)));
    sleep(takes).await;
    on_drop.0 = None;
    if name == "broken" {
        Err(format!("{name} failed"))
    } else {
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn biased_polls_from_the_top() {
        let (control_in, mut control) = mpsc::channel(2);
        let (data_in, mut data) = mpsc::channel(2);
        for _ in 0..50 {
            data_in.try_send("data").unwrap();
            control_in.try_send("stop").unwrap();
            assert_eq!(next(&mut control, &mut data).await, Some("stop"));
            assert_eq!(next(&mut control, &mut data).await, Some("data"));
        }
        drop((control_in, data_in));
        assert_eq!(next(&mut control, &mut data).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_precondition_switches_a_branch_off() {
        let (data_in, mut data) = mpsc::channel(8);
        for packet in ["a", "b", "c"] {
            data_in.try_send(packet).unwrap();
        }
        let stop = CancellationToken::new();
        let cancel = stop.clone();
        tokio::spawn(async move {
            sleep(MS).await;
            cancel.cancel();
        });
        assert_eq!(fill(&mut data, 2, &stop).await, ["a", "b"]);
        assert_eq!(data.try_recv(), Ok("c"), "the third stays in the channel");
    }

    #[tokio::test(start_paused = true)]
    async fn the_losers_of_a_select_are_dropped() {
        let (cancelled, mut dropped) = mpsc::unbounded_channel();
        // ANCHOR: losers
        tokio::select! {
            quick = upload("quick", MS, cancelled.clone()) => assert_eq!(quick.unwrap(), "quick"),
            _ = upload("slow", 2 * MS, cancelled.clone()) => unreachable!(),
        }
        assert_eq!(dropped.try_recv(), Ok("slow"));
        // ANCHOR_END: losers
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_error_of_a_try_join_drops_the_others() {
        let (cancelled, mut dropped) = mpsc::unbounded_channel();
        // ANCHOR: try_join
        let both = tokio::try_join!(
            upload("broken", MS, cancelled.clone()),
            upload("sibling", 2 * MS, cancelled.clone()),
        );
        assert_eq!(both.unwrap_err(), "broken failed");
        assert_eq!(dropped.try_recv(), Ok("sibling"));
        // ANCHOR_END: try_join
    }

    #[tokio::test(start_paused = true)]
    async fn join_then_try_lets_the_siblings_finish() {
        let (cancelled, mut dropped) = mpsc::unbounded_channel();
        // ANCHOR: join_then_try
        let both = async_patterns::join_then_try!(
            upload("broken", MS, cancelled.clone()),
            upload("sibling", 2 * MS, cancelled.clone()),
        );
        assert_eq!(both.unwrap_err(), "broken failed");
        assert!(dropped.try_recv().is_err(), "nobody was cancelled");
        // ANCHOR_END: join_then_try
    }
}

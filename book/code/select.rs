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
mod tests;

//! Phase 6: wait for a reason for another turn.

use std::future::poll_fn;
use std::time::Duration;

use tokio::time::sleep;

use crate::config::BridgeKind;
use crate::connector::Connector;
use crate::device::{Device, PacketSink, PacketSource};
use crate::event_loop::IoLoop;

/// How long the loop with the no-op bridge sleeps at most. Nothing wakes it when a session writes,
/// so this is how long a byte may wait.
pub const NOOP_SLEEP: Duration = Duration::from_millis(50);

/// Why the wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The loop was cancelled.
    Cancelled,
    /// A packet arrived.
    Readable,
    /// A session or a socket is marked.
    Session,
    /// smoltcp's own delay is over: a retransmission, a delayed ACK, a handshake that takes too
    /// long.
    Timer,
    /// An association has a datagram for an application.
    Udp,
    /// The resolver has answered.
    Dns,
    /// The device has room again for what is queued.
    Writable,
    /// The last turn has spent its budget and left work.
    Again,
    /// The no-op bridge has slept.
    Slept,
}

// ANCHOR: wait
impl<D: Device, C: Connector + Sync> IoLoop<D, C> {
    /// Waits, in the only place of the loop that does.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what a branch takes (a datagram, a DNS answer) is put into the queue to the
    /// device before this returns, and nothing is taken by branches that lose.
    pub async fn wait(&mut self) -> Wake {
        let again = std::mem::take(&mut self.again);
        let has_output = !self.stack.phy.outgoing.is_empty();
        // What phase 1 would not take must not wake it either.
        let has_room = self.stack.phy.has_room();
        let takes = has_room && self.incoming.len() < self.config.packets_per_turn;
        // What waits for the device waits for it below.
        let left = !has_output && (!self.incoming.is_empty() || self.stack.wants_to_send());
        let ready = self.config.bridge == BridgeKind::Ready;
        let (flows, timers) = self.stack.wake_sources();
        tokio::select! {
            biased;
            () = self.token.cancelled() => Wake::Cancelled,
            () = poll_fn(|cx| self.source.poll_readable(cx)), if takes => Wake::Readable,
            () = flows.ready(), if ready => Wake::Session,
            id = poll_fn(|cx| timers.poll_due(cx)) => {
                self.stack.timer_fired(id);
                Wake::Timer
            }
            Some(packet) = self.associations.next(), if has_room => {
                self.reply(packet);
                Wake::Udp
            }
            finished = next_dns(self.dns.as_mut()), if has_room => {
                for finished in finished {
                    self.answer_finished(&finished);
                }
                Wake::Dns
            }
            () = poll_fn(|cx| self.sink.poll_writable(cx)), if has_output => Wake::Writable,
            // Behind all others, so that each of them is looked at in every turn.
            () = tokio::task::yield_now(), if again || left => Wake::Again,
            () = sleep(NOOP_SLEEP), if !ready => Wake::Slept,
        }
    }
}
// ANCHOR_END: wait

async fn next_dns(dns: Option<&mut crate::dns::Interceptor>) -> Vec<crate::dns::Finished> {
    match dns {
        Some(dns) => dns.next().await,
        None => std::future::pending().await,
    }
}

//! Phase 3: a session for each flow that became established.

use async_patterns::cancel::{CancelDebugExt, CancelKind};

use crate::connector::Connector;
use crate::device::Device;
use crate::event::Event;
use crate::event_loop::IoLoop;
use crate::session;

// ANCHOR: accept
impl<D: Device, C: Connector + Sync> IoLoop<D, C> {
    /// Spawns the sessions. They are ordinary tasks from here on, and run beside the loop.
    pub fn accept(&mut self) {
        for id in std::mem::take(&mut self.established) {
            // It may have been reset in the same turn.
            let Some(flow) = self.stack.flows.get(id) else {
                continue;
            };
            let tuple = flow.tuple;
            let Some(stream) = self.stack.open(id) else {
                continue;
            };
            let target = self.target(tuple.target);
            let connector = self.connector.clone();
            let limits = self.config.limits;
            let metrics = self.metrics.clone();
            // What a shutdown aborts, and what panics, is counted: neither says so by itself.
            let noted = move |report: async_patterns::cancel::CancelReport| match report.kind() {
                CancelKind::PollPanicked | CancelKind::DroppedWhilePanicking => {
                    metrics.sessions_panicked.add(1);
                }
                _ => metrics.sessions_cancelled.add(1),
            };
            let session = session::run(stream, connector, target, limits)
                .cancel_debug("session")
                .with_sink(noted);
            self.sessions
                .spawn_until_cancelled(format!("tcp {tuple}"), session);
            self.metrics.opened.add(1);
            self.tell(Event::Opened(tuple));
        }
    }
}
// ANCHOR_END: accept

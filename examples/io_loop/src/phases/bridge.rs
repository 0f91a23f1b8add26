//! Phase 4: move bytes between sockets and sessions.

use tokio::time::Instant;

use crate::connector::Connector;
use crate::device::Device;
use crate::event_loop::IoLoop;

// ANCHOR: bridge
impl<D: Device, C: Connector + Sync> IoLoop<D, C> {
    /// Moves what can be moved for the flows that are marked: by their session, which wrote, read
    /// or ended, or by smoltcp, which received, was acknowledged or closed.
    ///
    /// With the no-op bridge nobody marks anything, and all flows are tried.
    pub fn bridge(&mut self) {
        let began = self.config.measure.then(Instant::now);
        let ready = self.stack.take_ready(self.config.flows_per_turn);
        self.metrics.pumps.add_len(ready.len());
        for &id in &ready {
            let Some(flow) = self.stack.flows.get(id) else {
                continue;
            };
            let tuple = flow.tuple;
            let pumped = self.stack.pump(id, self.config.bytes_per_flow);
            self.metrics.bytes_up.add_len(pumped.up);
            self.metrics.bytes_down.add_len(pumped.down);
            // A marked flow wakes the loop by its mark; the no-op bridge has none.
            self.again |= pumped.more;
            if let Some(ending) = pumped.ended {
                self.ended(tuple, ending);
            }
        }
        self.stack.give_back(ready);
        if let Some(began) = began {
            self.metrics.bridge_nanos.add_time(began.elapsed());
        }
    }
}
// ANCHOR_END: bridge

//! Phase 5: let smoltcp send, and hand its packets to the device.

use std::io;

use crate::connector::Connector;
use crate::device::Device;
use crate::event_loop::IoLoop;

/// Packets that a turn sends, in multiples of those that it takes in: each can cause a few.
const SENT_PER_TAKEN: usize = 4;

impl<D: Device, C: Connector + Sync> IoLoop<D, C> {
    /// Sends what this turn has caused: what phase 4 has moved leaves in the same turn. What the
    /// device has no room for stays queued, and phase 6 waits for room.
    ///
    /// # Errors
    ///
    /// The device's.
    pub fn flush(&mut self) -> io::Result<()> {
        let budget = SENT_PER_TAKEN * self.config.packets_per_turn;
        let flushed = self.stack.flush(&mut self.sink, budget)?;
        self.metrics.packets_out.add_len(flushed.sent);
        self.again |= flushed.out_of_budget;
        Ok(())
    }
}

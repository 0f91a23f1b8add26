//! Phase 2: show the packets to smoltcp.

use crate::classify::Tuple;
use crate::connector::Connector;
use crate::device::Device;
use crate::event::Event;
use crate::event_loop::IoLoop;
use crate::phases::drain::Incoming;
use crate::stack::{Ending, Ingress};

impl<D: Device, C: Connector + Sync> IoLoop<D, C> {
    /// Takes what phase 1 has left into the stack, one packet at a time: smoltcp's own `poll` would
    /// go on for as long as packets arrive.
    pub fn poll(&mut self) {
        while self.stack.phy.has_room() {
            let Some(incoming) = self.incoming.pop_front() else {
                break;
            };
            match incoming {
                Incoming::Other(packet) => {
                    self.stack.ingress(None, packet);
                }
                Incoming::Tcp {
                    tuple,
                    opens,
                    packet,
                } => {
                    if opens {
                        self.admit(tuple);
                    }
                    match self.stack.ingress(Some(&tuple), packet) {
                        Ingress::Nothing => {}
                        Ingress::Established(id) => self.established.push(id),
                        Ingress::Failed(id) => {
                            self.metrics.half_open.add(1);
                            self.stack.remove(id);
                        }
                    }
                }
            }
        }
        let swept = self.stack.maintain(self.config.packets_per_turn);
        self.metrics.half_open.add_len(swept);
    }

    /// Makes a listening socket for a new flow. smoltcp has no backlog: a socket that listens takes
    /// one flow, so there must be one for each.
    ///
    /// Without a socket smoltcp answers the SYN with a reset, which is the refusal.
    fn admit(&mut self, tuple: Tuple) {
        if let Some(id) = self.stack.find(&tuple) {
            // The application has ended that flow and uses its port again, as it may.
            if self.stack.is_in_time_wait(id) {
                self.stack.remove(id);
            } else {
                // A SYN that was sent twice.
                return;
            }
        }
        if self.stack.flows.len() >= self.config.max_flows && !self.stack.evict_closing() {
            self.metrics.refused.add(1);
            self.tell(Event::Refused(tuple));
            return;
        }
        self.stack.listen(tuple);
    }

    pub(super) fn ended(&mut self, tuple: Tuple, ending: Ending) {
        match ending {
            Ending::Finished => self.metrics.finished.add(1),
            Ending::ResetByApp => self.metrics.reset_by_app.add(1),
            Ending::ResetBySession => self.metrics.reset_by_session.add(1),
            Ending::HalfOpen => self.metrics.half_open.add(1),
        }
        self.tell(Event::Ended(tuple, ending));
    }
}

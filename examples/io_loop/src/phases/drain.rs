//! Phase 1: take packets from the device and say what each is.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;

use crate::buffer::Packet;
use crate::classify::{Class, Rejected, Tuple, classify};
use crate::connector::Connector;
use crate::device::{Device, PacketSource};
use crate::dns::{Finished, Interceptor, Verdict};
use crate::event::Event;
use crate::event_loop::IoLoop;
use crate::udp::{Outbound, datagram};

/// A packet for smoltcp.
#[derive(Debug)]
pub(crate) enum Incoming {
    Tcp {
        tuple: Tuple,
        opens: bool,
        packet: Packet,
    },
    Other(Packet),
}

/// What a packet is, without a borrow of it.
enum Kind {
    Tcp(Tuple, bool),
    Udp(SocketAddr, SocketAddr, Range<usize>),
    Other,
}

impl<D: Device, C: Connector + Sync> IoLoop<D, C> {
    // ANCHOR: drain
    /// Takes up to a budget of packets: an unbounded drain would starve the sessions under load.
    ///
    /// # Errors
    ///
    /// The device's.
    pub fn drain(&mut self) -> io::Result<()> {
        self.drain_replies();
        while self.incoming.len() < self.config.packets_per_turn {
            // What cannot be answered is better left with the device, whose queue is meant for it.
            if !self.stack.phy.has_room() {
                break;
            }
            let Some(packet) = self.source.try_recv(self.stack.pool())? else {
                return Ok(());
            };
            self.metrics.packets_in.add(1);
            self.classify(packet);
        }
        Ok(())
    }
    // ANCHOR_END: drain

    fn classify(&mut self, packet: Packet) {
        let kind = match classify(&packet) {
            Ok(Class::Tcp { tuple, opens }) => Kind::Tcp(tuple, opens),
            Ok(Class::Udp {
                app,
                target,
                payload,
            }) => {
                let start = payload.as_ptr() as usize - packet.as_ptr() as usize;
                Kind::Udp(app, target, start..start + payload.len())
            }
            Ok(Class::Other) => Kind::Other,
            Err(rejected) => {
                match rejected {
                    Rejected::Malformed => self.metrics.malformed.add(1),
                    Rejected::Fragment => self.metrics.fragments.add(1),
                    Rejected::Address => self.metrics.bad_addresses.add(1),
                }
                return;
            }
        };
        match kind {
            Kind::Tcp(tuple, opens) => self.incoming.push_back(Incoming::Tcp {
                tuple,
                opens,
                packet,
            }),
            Kind::Udp(app, target, payload) => self.datagram(app, target, packet, payload),
            Kind::Other => self.incoming.push_back(Incoming::Other(packet)),
        }
    }

    fn datagram(
        &mut self,
        app: SocketAddr,
        sent_to: SocketAddr,
        packet: Packet,
        payload: Range<usize>,
    ) {
        if let Some(dns) = &mut self.dns
            && dns.serves(sent_to)
        {
            self.metrics.dns_questions.add(1);
            match dns.ask(app, &packet[payload]) {
                Verdict::Answer(answer) => self.answer(app, &answer),
                Verdict::Cached(answer) => {
                    self.metrics.dns_cached.add(1);
                    self.answer(app, &answer);
                }
                Verdict::Failed(answer) => {
                    self.metrics.dns_failed.add(1);
                    self.answer(app, &answer);
                }
                Verdict::Pending => {}
                Verdict::Malformed => self.metrics.malformed.add(1),
            }
            return;
        }
        self.metrics.datagrams_up.add(1);
        let target = self.target(sent_to);
        let outbound = Outbound {
            packet,
            payload,
            sent_to,
            target,
        };
        let sent = self
            .associations
            .send(app, outbound, &self.connector, &self.sessions);
        if sent.opened {
            self.metrics.associations.add(1);
        }
        if let Some(evicted) = sent.evicted {
            self.metrics.associations_evicted.add(1);
            self.tell(Event::Evicted(evicted));
        }
        if !sent.queued {
            self.metrics.datagrams_dropped.add(1);
        }
    }

    /// Sends a DNS answer to an application.
    fn answer(&mut self, app: SocketAddr, answer: &[u8]) {
        let Some(config) = &self.config.dns else {
            return;
        };
        match datagram(self.stack.pool(), config.server, app, answer) {
            Some(packet) => self.stack.phy.outgoing.push_back(packet),
            None => self.metrics.datagrams_dropped.add(1),
        }
    }

    pub(super) fn answer_finished(&mut self, finished: &Finished) {
        if finished.failed {
            self.metrics.dns_failed.add(1);
        }
        self.answer(finished.app, &finished.payload);
    }

    pub(super) fn reply(&mut self, packet: Packet) {
        self.metrics.datagrams_down.add(1);
        self.stack.phy.outgoing.push_back(packet);
    }

    /// What associations and the resolver have for the applications. Phase 6 has taken the first.
    fn drain_replies(&mut self) {
        for _ in 0..self.config.packets_per_turn {
            if !self.stack.phy.has_room() {
                return;
            }
            let Some(packet) = self.associations.try_next() else {
                break;
            };
            self.reply(packet);
        }
        for _ in 0..self.config.packets_per_turn {
            let Some(finished) = self.dns.as_mut().and_then(Interceptor::try_next) else {
                break;
            };
            self.answer_finished(&finished);
        }
    }
}

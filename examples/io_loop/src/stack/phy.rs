//! What smoltcp takes for its device: one packet to read at a time, and a queue to write to.
//!
//! The loop stands in between, so that it decides how many packets smoltcp sees in a turn and can
//! tell each packet's flow before smoltcp does.

use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::buffer::{Packet, Pool};

pub(crate) struct Phy {
    pub(crate) pool: Pool,
    /// What smoltcp reads next.
    pub(crate) received: Option<Packet>,
    /// What is to go to the device.
    pub(crate) outgoing: VecDeque<Packet>,
    capacity: usize,
    mtu: usize,
}

impl Phy {
    /// `capacity` is the number of packets in `outgoing` beyond which nothing new is sent. Replies
    /// to a packet are still queued, so it may be exceeded by the packets of one turn.
    pub(crate) fn new(pool: Pool, mtu: usize, capacity: usize) -> Self {
        Self {
            pool,
            received: None,
            outgoing: VecDeque::with_capacity(2 * capacity),
            capacity,
            mtu,
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.outgoing.len() < self.capacity
    }

    fn outlet(&mut self) -> Outlet<'_> {
        Outlet {
            pool: &self.pool,
            outgoing: &mut self.outgoing,
        }
    }
}

impl Device for Phy {
    type RxToken<'a> = Received;
    type TxToken<'a> = Outlet<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Received, Outlet<'_>)> {
        let packet = self.received.take()?;
        Some((Received(packet), self.outlet()))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Outlet<'_>> {
        self.has_room().then(|| self.outlet())
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities
    }
}

pub(crate) struct Received(Packet);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

pub(crate) struct Outlet<'a> {
    pool: &'a Pool,
    outgoing: &'a mut VecDeque<Packet>,
}

impl TxToken for Outlet<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let mut packet = self.pool.take();
        packet.set_len(len);
        let result = write(&mut packet);
        self.outgoing.push_back(packet);
        result
    }
}

//! A bad connection: packets are lost, doubled and overtaken, and the whole link can be cut.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::buffer::{Packet, Pool};
use crate::device::MemoryDevice;

/// What a [`Link`] does to packets: each a chance in a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Impairments {
    /// The packet is lost.
    pub loss: u16,
    /// The packet arrives twice.
    pub duplicate: u16,
    /// The packet is held back until the next three have passed it, or none follows.
    pub reorder: u16,
}

/// A connection between two memory devices. Ends when it is dropped.
#[derive(Debug)]
pub struct Link {
    cut: Arc<AtomicBool>,
    lost: Arc<AtomicU64>,
    _tasks: [AbortOnDropHandle<()>; 2],
}

impl Link {
    /// Two devices and what is between them. The same seed gives the same luck.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(
        mtu: usize,
        queue: usize,
        impairments: Impairments,
        seed: u64,
    ) -> (MemoryDevice, MemoryDevice, Self) {
        let (a_to_link, from_a) = mpsc::channel(queue);
        let (b_to_link, from_b) = mpsc::channel(queue);
        let (link_to_a, to_a) = mpsc::channel(queue);
        let (link_to_b, to_b) = mpsc::channel(queue);
        let cut = Arc::new(AtomicBool::new(false));
        let lost = Arc::new(AtomicU64::new(0));
        let direction = |from, to, seed| {
            let direction = Direction {
                from,
                to,
                impairments,
                luck: Luck(seed),
                pool: Pool::new(mtu, 16),
                held: VecDeque::new(),
                cut: cut.clone(),
                lost: lost.clone(),
            };
            AbortOnDropHandle::new(tokio::spawn(direction.run()))
        };
        let tasks = [
            direction(from_a, link_to_b, seed),
            direction(from_b, link_to_a, !seed),
        ];
        let a = MemoryDevice::new(mtu, to_a, a_to_link);
        let b = MemoryDevice::new(mtu, to_b, b_to_link);
        let link = Self {
            cut,
            lost,
            _tasks: tasks,
        };
        (a, b, link)
    }

    /// From now on everything is lost, as if the other side had vanished.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }

    /// Packets lost so far.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

struct Direction {
    from: mpsc::Receiver<Packet>,
    to: mpsc::Sender<Packet>,
    impairments: Impairments,
    luck: Luck,
    pool: Pool,
    /// Packets that are overtaken, each with the number of packets still to pass it.
    held: VecDeque<(u8, Packet)>,
    cut: Arc<AtomicBool>,
    lost: Arc<AtomicU64>,
}

impl Direction {
    async fn run(mut self) {
        loop {
            let packet = match self.from.try_recv() {
                Ok(packet) => packet,
                Err(mpsc::error::TryRecvError::Disconnected) => return,
                Err(mpsc::error::TryRecvError::Empty) => {
                    // Nothing follows: what is held would wait for ever.
                    while let Some((_, held)) = self.held.pop_front() {
                        self.forward(held).await;
                    }
                    match self.from.recv().await {
                        Some(packet) => packet,
                        None => return,
                    }
                }
            };
            self.pass(packet).await;
        }
    }

    async fn pass(&mut self, packet: Packet) {
        let Impairments {
            loss,
            duplicate,
            reorder,
        } = self.impairments;
        if self.cut.load(Ordering::Relaxed) || self.luck.strikes(loss) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if self.luck.strikes(reorder) {
            self.held.push_back((3, packet));
            return;
        }
        if self.luck.strikes(duplicate)
            && let Some(copy) = self.pool.copy(&packet)
        {
            self.forward(copy).await;
        }
        self.forward(packet).await;
        for (left, _) in &mut self.held {
            *left = left.saturating_sub(1);
        }
        while matches!(self.held.front(), Some((0, _))) {
            if let Some((_, held)) = self.held.pop_front() {
                self.forward(held).await;
            }
        }
    }

    async fn forward(&self, packet: Packet) {
        // A device that is gone receives nothing; the other direction may go on.
        let _ = self.to.send(packet).await;
    }
}

/// `SplitMix64`: small, and the same on every machine.
struct Luck(u64);

impl Luck {
    fn strikes(&mut self, in_a_thousand: u16) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % 1000 < u64::from(in_a_thousand)
    }
}

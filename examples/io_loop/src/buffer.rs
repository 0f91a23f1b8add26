//! Packet buffers that are used again.
//!
//! A packet crosses the loop without an allocation: its buffer comes from a [`Pool`] and goes back
//! when the [`Packet`] is dropped, on whichever task that happens.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Hands out buffers of one size.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    free: Mutex<Vec<Box<[u8]>>>,
    size: usize,
    keep: usize,
    allocated: AtomicU64,
}

impl Pool {
    /// A pool of buffers of `size` bytes that keeps at most `keep` of them for later.
    pub fn new(size: usize, keep: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                free: Mutex::new(Vec::with_capacity(keep)),
                size,
                keep,
                allocated: AtomicU64::new(0),
            }),
        }
    }

    /// A packet of length 0 whose [`space`](Packet::space) has the pool's size. What is in it is
    /// left from earlier packets.
    pub fn take(&self) -> Packet {
        let buffer = self.shared.lock().pop().unwrap_or_else(|| {
            self.shared.allocated.fetch_add(1, Ordering::Relaxed);
            vec![0; self.shared.size].into_boxed_slice()
        });
        Packet {
            buffer,
            len: 0,
            pool: self.clone(),
        }
    }

    /// A packet with these bytes, or `None` if they are more than the pool's size.
    pub fn copy(&self, bytes: &[u8]) -> Option<Packet> {
        let mut packet = self.take();
        packet
            .space()
            .get_mut(..bytes.len())?
            .copy_from_slice(bytes);
        packet.set_len(bytes.len());
        Some(packet)
    }

    /// The size of its buffers in bytes.
    pub fn size(&self) -> usize {
        self.shared.size
    }

    /// How many buffers were allocated so far. It stops growing when the traffic is steady.
    pub fn allocated(&self) -> u64 {
        self.shared.allocated.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Box<[u8]>>> {
        // A list of buffers is whole at any time, also when a holder of the lock panicked.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("size", &self.size())
            .field("allocated", &self.allocated())
            .finish_non_exhaustive()
    }
}

/// One packet in a buffer of a [`Pool`]. Dereferences to its bytes.
pub struct Packet {
    buffer: Box<[u8]>,
    len: usize,
    pool: Pool,
}

impl Packet {
    /// The whole buffer, to write a packet into.
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.buffer
    }

    /// Says how much of the [`space`](Self::space) is the packet.
    ///
    /// # Panics
    ///
    /// If `len` is more than the pool's size.
    pub fn set_len(&mut self, len: usize) {
        assert!(
            len <= self.buffer.len(),
            "a packet of {len} bytes in a buffer of {}",
            self.buffer.len()
        );
        self.len = len;
    }
}

impl Deref for Packet {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

impl DerefMut for Packet {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[..self.len]
    }
}

impl Drop for Packet {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        let mut free = self.pool.shared.lock();
        if free.len() < self.pool.shared.keep {
            free.push(buffer);
        }
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;

    #[test]
    fn a_buffer_is_used_again() {
        let pool = Pool::new(16, 1);
        for _ in 0..3 {
            let packet = pool.copy(b"hello").unwrap();
            assert_eq!(&*packet, b"hello");
        }
        assert_eq!(pool.allocated(), 1);
    }

    #[test]
    fn no_more_are_kept_than_asked_for() {
        let pool = Pool::new(16, 1);
        drop((pool.take(), pool.take()));
        drop((pool.take(), pool.take()));
        assert_eq!(pool.allocated(), 3);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Pool::new(4, 1).copy(b"hello").is_none());
    }
}

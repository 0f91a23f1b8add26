//! A device without a system: two ends in one process.

use std::io;
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

use super::{Device, PacketSink, PacketSource};
use crate::buffer::{Packet, Pool};

/// One end of a pair. A packet is handed over with its buffer, not copied.
#[derive(Debug)]
pub struct MemoryDevice {
    mtu: usize,
    source: MemorySource,
    sink: MemorySink,
}

impl MemoryDevice {
    /// Two ends, with room for `queue` packets each way.
    pub fn pair(mtu: usize, queue: usize) -> (Self, Self) {
        let (to_b, from_a) = mpsc::channel(queue);
        let (to_a, from_b) = mpsc::channel(queue);
        (Self::new(mtu, from_b, to_b), Self::new(mtu, from_a, to_a))
    }

    /// An end made of a channel each way: for whoever wants to lose, delay or write packets.
    pub fn new(mtu: usize, from: mpsc::Receiver<Packet>, to: mpsc::Sender<Packet>) -> Self {
        Self {
            mtu,
            source: MemorySource { from, next: None },
            sink: MemorySink {
                to: PollSender::new(to),
            },
        }
    }
}

impl Device for MemoryDevice {
    type Source = MemorySource;
    type Sink = MemorySink;

    fn mtu(&self) -> usize {
        self.mtu
    }

    fn split(self) -> (MemorySource, MemorySink) {
        (self.source, self.sink)
    }
}

/// The receiving half of a [`MemoryDevice`].
#[derive(Debug)]
pub struct MemorySource {
    from: mpsc::Receiver<Packet>,
    /// What `poll_readable` saw: a channel cannot be looked into without taking.
    next: Option<Packet>,
}

impl PacketSource for MemorySource {
    fn try_recv(&mut self, _pool: &Pool) -> io::Result<Option<Packet>> {
        if let Some(packet) = self.next.take() {
            return Ok(Some(packet));
        }
        match self.from.try_recv() {
            Ok(packet) => Ok(Some(packet)),
            Err(mpsc::error::TryRecvError::Empty) => Ok(None),
            Err(mpsc::error::TryRecvError::Disconnected) => {
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
    }

    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.next.is_none() {
            self.next = ready!(self.from.poll_recv(cx));
        }
        Poll::Ready(())
    }
}

/// The sending half of a [`MemoryDevice`].
#[derive(Debug)]
pub struct MemorySink {
    to: PollSender<Packet>,
}

impl PacketSink for MemorySink {
    fn try_send(&mut self, packet: Packet) -> io::Result<Result<(), Packet>> {
        // A place that `poll_writable` has got goes back, or it would be held while this one is
        // asked for.
        self.to.abort_send();
        let sender = self.to.get_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        match sender.try_send(packet) {
            Ok(()) => Ok(Ok(())),
            Err(mpsc::error::TrySendError::Full(packet)) => Ok(Err(packet)),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // An error is for `try_send` to tell.
        self.to.poll_reserve(cx).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::MemoryDevice;
    use crate::buffer::Pool;
    use crate::device::{Device, PacketSink, PacketSource};

    #[tokio::test]
    async fn packets_pass_and_a_full_queue_gives_back() {
        let pool = Pool::new(100, 4);
        let (a, b) = MemoryDevice::pair(100, 1);
        let ((_, mut to_b), (mut from_a, _)) = (a.split(), b.split());
        to_b.try_send(pool.copy(b"1").unwrap()).unwrap().unwrap();
        let refused = to_b.try_send(pool.copy(b"2").unwrap()).unwrap();
        assert_eq!(&*refused.unwrap_err(), b"2");

        poll_fn(|cx| from_a.poll_readable(cx)).await;
        assert_eq!(&*from_a.try_recv(&pool).unwrap().unwrap(), b"1");
        assert!(from_a.try_recv(&pool).unwrap().is_none());

        poll_fn(|cx| to_b.poll_writable(cx)).await;
        to_b.try_send(pool.copy(b"3").unwrap()).unwrap().unwrap();
        drop(to_b);
        assert_eq!(&*from_a.try_recv(&pool).unwrap().unwrap(), b"3");
        poll_fn(|cx| from_a.poll_readable(cx)).await;
        let end = from_a.try_recv(&pool).unwrap_err();
        assert_eq!(end.kind(), std::io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn nobody_to_receive_is_an_error() {
        let (a, b) = MemoryDevice::pair(100, 1);
        let (_, mut to_b) = a.split();
        drop(b);
        poll_fn(|cx| to_b.poll_writable(cx)).await;
        let error = to_b.try_send(Pool::new(1, 1).take()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    }
}

//! A device behind a file descriptor: a TUN interface, or a socket that keeps packets apart.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{Device, PacketSink, PacketSource};
use crate::buffer::{Packet, Pool};

/// A descriptor of which each read is a packet and each write another: what a VPN service hands to
/// its native part, or one end of a `SOCK_SEQPACKET` or datagram pair.
#[derive(Debug)]
pub struct FdDevice {
    fd: Arc<AsyncFd<File>>,
    mtu: usize,
}

impl FdDevice {
    /// Takes a descriptor and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// The system's, when the descriptor is closed or of a kind that cannot be waited for.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose I/O is enabled.
    pub fn new(fd: OwnedFd, mtu: usize) -> io::Result<Self> {
        // The only safe way that std has to this flag; it asks for no socket.
        let fd = UnixDatagram::from(fd);
        fd.set_nonblocking(true)?;
        let file = File::from(OwnedFd::from(fd));
        // SAFETY: a `File` has one descriptor for as long as it lives, and is only borrowed.
        let fd = unsafe { AsyncFd::register(file) }?;
        Ok(Self {
            fd: Arc::new(fd),
            mtu,
        })
    }
}

impl Device for FdDevice {
    type Source = FdSource;
    type Sink = FdSink;

    fn mtu(&self) -> usize {
        self.mtu
    }

    fn split(self) -> (FdSource, FdSink) {
        (FdSource(self.fd.clone()), FdSink(self.fd))
    }
}

/// The receiving half of an [`FdDevice`].
#[derive(Debug)]
pub struct FdSource(Arc<AsyncFd<File>>);

impl PacketSource for FdSource {
    fn try_recv(&mut self, pool: &Pool) -> io::Result<Option<Packet>> {
        let mut packet = pool.take();
        let read = self
            .0
            .try_io(Interest::READABLE, |mut file| file.read(packet.space()));
        match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(len) => {
                packet.set_len(len);
                Ok(Some(packet))
            }
            Err(error) if is_passing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // An error is for `try_recv` to tell.
        self.0.poll_read_ready(cx).map(|_| ())
    }
}

/// The sending half of an [`FdDevice`].
#[derive(Debug)]
pub struct FdSink(Arc<AsyncFd<File>>);

impl PacketSink for FdSink {
    fn try_send(&mut self, packet: Packet) -> io::Result<Result<(), Packet>> {
        let written = self
            .0
            .try_io(Interest::WRITABLE, |mut file| file.write(&packet));
        match written {
            Ok(_) => Ok(Ok(())),
            Err(error) if is_passing(&error) => Ok(Err(packet)),
            Err(error) => Err(error),
        }
    }

    fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll_write_ready(cx).map(|_| ())
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;

    use super::FdDevice;
    use crate::buffer::Pool;
    use crate::device::{Device, PacketSink, PacketSource};

    #[tokio::test]
    async fn packets_stay_apart() {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        let device = FdDevice::new(OwnedFd::from(theirs), 100).unwrap();
        let (mut source, mut sink) = device.split();
        let pool = Pool::new(100, 4);
        assert!(source.try_recv(&pool).unwrap().is_none());
        ours.send(b"one").unwrap();
        ours.send(b"three").unwrap();
        for expected in [&b"one"[..], b"three"] {
            poll_fn(|cx| source.poll_readable(cx)).await;
            assert_eq!(&*source.try_recv(&pool).unwrap().unwrap(), expected);
        }
        poll_fn(|cx| sink.poll_writable(cx)).await;
        sink.try_send(pool.copy(b"four").unwrap()).unwrap().unwrap();
        let mut buffer = [0; 10];
        let len = ours.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..len], b"four");
    }

    #[tokio::test]
    async fn a_full_descriptor_gives_back() {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        let (_, mut sink) = FdDevice::new(OwnedFd::from(theirs), 100).unwrap().split();
        let pool = Pool::new(100, 4);
        poll_fn(|cx| sink.poll_writable(cx)).await;
        let mut sent = 0;
        while sink
            .try_send(pool.copy(&[7; 100]).unwrap())
            .unwrap()
            .is_ok()
        {
            sent += 1;
        }
        let mut buffer = [0; 100];
        ours.recv(&mut buffer).unwrap();
        for _ in 1..sent {
            ours.recv(&mut buffer).unwrap();
        }
        poll_fn(|cx| sink.poll_writable(cx)).await;
        sink.try_send(pool.copy(b"x").unwrap()).unwrap().unwrap();
    }
}

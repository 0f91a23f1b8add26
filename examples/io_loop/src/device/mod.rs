//! Where packets come from and go to.

#[cfg(unix)]
mod fd;
mod memory;
#[cfg(all(target_os = "linux", feature = "tun"))]
mod tun;

use std::io;
use std::task::{Context, Poll};

use crate::buffer::{Packet, Pool};

#[cfg(unix)]
pub use fd::{FdDevice, FdSink, FdSource};
pub use memory::{MemoryDevice, MemorySink, MemorySource};
#[cfg(all(target_os = "linux", feature = "tun"))]
pub use tun::{TunOptions, open_tun};

/// A device for raw IP packets. Its two directions are apart, because the loop waits for both.
pub trait Device: Send + 'static {
    /// The receiving half.
    type Source: PacketSource;
    /// The sending half.
    type Sink: PacketSink;

    /// The largest packet, in bytes.
    fn mtu(&self) -> usize;

    /// The two halves.
    fn split(self) -> (Self::Source, Self::Sink);
}

/// Packets that arrive.
pub trait PacketSource: Send + 'static {
    /// Takes a packet if there is one now. `Ok(None)` says that there is none.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::UnexpectedEof`] when there will never be one again, else the system's.
    fn try_recv(&mut self, pool: &Pool) -> io::Result<Option<Packet>>;

    /// Waits until [`try_recv`](Self::try_recv) has something to say. Takes nothing, so what waits
    /// for it may be cancelled.
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// Packets that leave.
pub trait PacketSink: Send + 'static {
    /// Sends a packet, or gives it back when there is no room now.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::BrokenPipe`] when nobody receives any more, else the system's.
    fn try_send(&mut self, packet: Packet) -> io::Result<Result<(), Packet>>;

    /// Waits until [`try_send`](Self::try_send) has room, or something to say.
    fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

//! A pair of connected packet sockets: for Java, which has no call to make one. A C host calls
//! `socketpair(2)` itself.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// Two ends of a `SOCK_SEQPACKET` pair: what one writes as a packet the other reads as a packet.
///
/// # Errors
///
/// The system's, when there are no descriptors left.
pub fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    Ok(rustix::net::socketpair(
        family,
        kind,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Sends a packet.
///
/// # Errors
///
/// The system's: [`io::ErrorKind::BrokenPipe`] when the other end is closed.
pub fn send(fd: BorrowedFd<'_>, packet: &[u8]) -> io::Result<()> {
    rustix::net::send(fd, packet, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives a packet of at most `buffer.len()` bytes and returns its length, which is 0 when the
/// other end is closed; `None` if there was none in time.
///
/// # Errors
///
/// The system's.
pub fn receive(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    limit: Duration,
) -> io::Result<Option<usize>> {
    // A limit beyond the clock's range is no limit.
    let limit = Timespec::try_from(limit).ok();
    let mut waited_for = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    if poll(&mut waited_for, limit.as_ref())? == 0 {
        return Ok(None);
    }
    // Another thread may have taken the packet since.
    match rustix::net::recv(fd, buffer, RecvFlags::DONTWAIT) {
        Ok((length, _)) => Ok(Some(length)),
        // Closed as well, with packets in it that nobody had read.
        Err(Errno::CONNRESET) => Ok(Some(0)),
        Err(Errno::AGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn packets_stay_apart_and_the_end_is_seen() {
        let (ours, theirs) = open().unwrap();
        let mut buffer = [0; 8];
        let mut next = || receive(theirs.as_fd(), &mut buffer, Duration::ZERO).unwrap();
        assert_eq!(next(), None);
        send(ours.as_fd(), b"one").unwrap();
        send(ours.as_fd(), b"three").unwrap();
        assert_eq!((next(), next(), next()), (Some(3), Some(5), None));
        assert_eq!(&buffer[..5], b"three");
        drop(ours);
        let mut buffer = [0; 8];
        let end = receive(theirs.as_fd(), &mut buffer, Duration::ZERO);
        assert_eq!(end.unwrap(), Some(0));
        drop(theirs);

        let (ours, theirs) = open().unwrap();
        send(theirs.as_fd(), b"not read").unwrap();
        drop(ours);
        let end = receive(theirs.as_fd(), &mut buffer, Duration::ZERO);
        assert_eq!(end.unwrap(), Some(0));
        let refused = send(theirs.as_fd(), b"x").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::BrokenPipe);
    }
}

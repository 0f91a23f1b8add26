//! A pair of connected packet sockets: for Java, which has no call to make one. A C host calls
//! `socketpair(2)` itself.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Two ends of a `SOCK_SEQPACKET` pair: what one writes as a packet the other reads as a packet.
///
/// # Errors
///
/// The system's, when there are no descriptors left.
pub fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds: [RawFd; 2] = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: `fds` has room for the two descriptors that the call writes.
    if unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so both are open, and nobody else has them.
    Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) })
}

/// Sends a packet.
///
/// # Errors
///
/// The system's: [`io::ErrorKind::BrokenPipe`] when the other end is closed.
pub fn send(fd: BorrowedFd<'_>, packet: &[u8]) -> io::Result<()> {
    let (fd, length) = (fd.as_raw_fd(), packet.len());
    // SAFETY: the pointer and the length are those of `packet`.
    let sent = unsafe { libc::send(fd, packet.as_ptr().cast(), length, libc::MSG_NOSIGNAL) };
    if sent == -1 {
        return Err(io::Error::last_os_error());
    }
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
    let mut waited_for = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    let limit = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: one `pollfd`, as the call is told.
    match unsafe { libc::poll(&raw mut waited_for, 1, limit) } {
        -1 => return Err(io::Error::last_os_error()),
        0 => return Ok(None),
        _ => {}
    }
    let (fd, room) = (fd.as_raw_fd(), buffer.len());
    // Another thread may have taken the packet since.
    let flags = libc::MSG_DONTWAIT;
    // SAFETY: the pointer and the length are those of `buffer`.
    let received = unsafe { libc::recv(fd, buffer.as_mut_ptr().cast(), room, flags) };
    match usize::try_from(received) {
        Ok(length) => Ok(Some(length)),
        Err(_) => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            error => Err(error),
        },
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
        let refused = send(theirs.as_fd(), b"x").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::BrokenPipe);
    }
}

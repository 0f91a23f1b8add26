//! The descriptor that a host hands in: a duplicate of it, if it can carry packets.

use std::os::fd::{BorrowedFd, RawFd};

use async_patterns::session::{LastError, SessionFds};
use rustix::fs::{FileType, fstat};
use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;

use crate::options::invalid;

/// Duplicates a descriptor on which each read is a packet and each write another.
///
/// # Errors
///
/// [`ErrorCode::Descriptor`](async_patterns::session::ErrorCode::Descriptor) if it is closed, and
/// [`ErrorCode::InvalidArgument`](async_patterns::session::ErrorCode::InvalidArgument) if it is of
/// a kind that does not keep packets apart.
///
/// # Safety
///
/// `fd` must be open, and the caller's to use, until this returns.
pub unsafe fn duplicate(fd: RawFd) -> Result<SessionFds, LastError> {
    // SAFETY: the caller's promise.
    let fds = unsafe { SessionFds::duplicate_raw(&[fd]) }?;
    // SAFETY: open by the caller's promise, and not -1, as it could be duplicated.
    check(unsafe { BorrowedFd::borrow_raw(fd) }).map_err(|kind| {
        invalid(format!(
            "descriptor {fd} is {kind}, which does not keep packets apart; \
             use a TUN device, or a SOCK_SEQPACKET or SOCK_DGRAM socket"
        ))
    })?;
    Ok(fds)
}

/// What the descriptor is, if it is not for packets.
fn check(fd: BorrowedFd<'_>) -> Result<(), String> {
    let stat = fstat(fd).map_err(|error| format!("one whose kind cannot be told ({error})"))?;
    match FileType::from_raw_mode(stat.st_mode) {
        // A TUN device is one.
        FileType::CharacterDevice => Ok(()),
        FileType::Socket => match socket_type(fd) {
            Ok(SocketType::SEQPACKET | SocketType::DGRAM) => Ok(()),
            Ok(SocketType::STREAM) => Err("a stream socket".into()),
            other => Err(format!("a socket of another kind ({other:?})")),
        },
        FileType::Fifo => Err("a pipe".into()),
        FileType::RegularFile => Err("a file".into()),
        FileType::Directory => Err("a folder".into()),
        other => Err(format!("of another kind ({other:?})")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::{AsFd, AsRawFd};
    use std::os::unix::net::{UnixDatagram, UnixStream};

    use async_patterns::session::ErrorCode;

    use super::*;
    use crate::packet_pair;

    #[test]
    fn what_keeps_packets_apart_is_taken() {
        let (seqpacket, _other) = packet_pair::open().unwrap();
        let (datagram, _other) = UnixDatagram::pair().unwrap();
        let device = File::open("/dev/zero").unwrap();
        for fd in [seqpacket.as_fd(), datagram.as_fd(), device.as_fd()] {
            // SAFETY: open.
            let fds = unsafe { duplicate(fd.as_raw_fd()) }.unwrap();
            assert_eq!(fds.len(), 1);
        }
    }

    #[test]
    fn what_does_not_is_refused_by_its_kind() {
        let (stream, _other) = UnixStream::pair().unwrap();
        let (pipe, _other) = std::io::pipe().unwrap();
        let file = tempfile::tempfile().unwrap();
        let folder = File::open("/").unwrap();
        for (fd, kind) in [
            (stream.as_fd(), "a stream socket"),
            (pipe.as_fd(), "a pipe"),
            (file.as_fd(), "a file"),
            (folder.as_fd(), "a folder"),
        ] {
            let fd = fd.as_raw_fd();
            // SAFETY: open.
            let error = unsafe { duplicate(fd) }.unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidArgument);
            let message = error.message();
            assert!(
                message.starts_with(&format!("descriptor {fd} is {kind}, ")),
                "{message}"
            );
        }
    }

    #[test]
    fn a_closed_one_is_an_error_of_the_descriptor() {
        for fd in [-1, RawFd::MAX] {
            // SAFETY: no such descriptor is open, which is refused.
            let error = unsafe { duplicate(fd) }.unwrap_err();
            assert_eq!(error.code(), ErrorCode::Descriptor);
        }
    }
}

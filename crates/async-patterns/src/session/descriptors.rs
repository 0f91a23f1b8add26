//! File descriptors that a session owns, whatever its host does with its own.

use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use super::error::SessionError;

/// File descriptors for a session, each a duplicate that the session owns.
///
/// Answers the trap [`raw_fd_into_task`](https://async-patterns.github.io/book/traps/raw_fd_into_task.html).
///
/// A host may revoke its descriptor at any time: Android closes a VPN's when the user withdraws the
/// permission, a JVM when an object is collected. A session that kept the host's number would then
/// use a closed descriptor or, worse, one that was opened since under the same number. So the
/// duplicates are made when the host makes the call, before anything asynchronous happens, and they
/// are closed on every path: when duplicating one of them fails, when the start is refused, when
/// the body never runs, returns, fails or panics.
///
/// A duplicate shares its *open file description* with the original ([dup(2)]): `O_NONBLOCK` and
/// the file offset set on one are seen through the other, and `shutdown(2)` of a socket through
/// either ends both. What is separate is `close`, and close-on-exec, which duplicates have set.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::os::fd::AsFd;
/// use std::os::unix::net::UnixStream;
/// use async_patterns::session::SessionFds;
///
/// let (host, mut peer) = UnixStream::pair()?;
/// let mut fds = SessionFds::duplicate(&[host.as_fd()])?;
/// drop(host); // the host revokes its own
///
/// let mut ours = UnixStream::from(fds.take(0).expect("one descriptor was given"));
/// ours.write_all(b"still open")?;
/// # let mut text = [0; 10];
/// # peer.read_exact(&mut text)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [dup(2)]: https://man7.org/linux/man-pages/man2/dup.2.html
#[derive(Debug, Default)]
pub struct SessionFds {
    fds: Vec<Option<OwnedFd>>,
}

impl SessionFds {
    /// Duplicates every descriptor, or none.
    ///
    /// # Errors
    ///
    /// [`SessionError::Descriptor`] names the one that could not be duplicated; the duplicates
    /// made before it are closed.
    pub fn duplicate(fds: &[BorrowedFd<'_>]) -> Result<Self, SessionError> {
        use std::os::fd::AsRawFd;

        let fds = fds
            .iter()
            .map(|fd| {
                let copy = fd.try_clone_to_owned();
                copy.map(Some).map_err(|source| SessionError::Descriptor {
                    fd: fd.as_raw_fd(),
                    source,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { fds })
    }

    /// [`duplicate`](Self::duplicate) for numbers, as a C or JNI host passes them. A negative number
    /// is refused, and so is a descriptor that the kernel says is closed.
    ///
    /// # Errors
    ///
    /// As for [`duplicate`](Self::duplicate).
    ///
    /// # Safety
    ///
    /// Each number must be an open descriptor that the caller may use and that stays open until
    /// this call returns. (With one that has been closed and opened again by somebody else, the
    /// session would get a descriptor nobody meant it to have.)
    pub unsafe fn duplicate_raw(fds: &[RawFd]) -> Result<Self, SessionError> {
        if let Some(&fd) = fds.iter().find(|fd| **fd < 0) {
            return Err(SessionError::Descriptor {
                fd,
                source: std::io::Error::new(
                    std::io::ErrorKind::InvalidInput,
                    "a descriptor is never negative",
                ),
            });
        }
        let borrowed: Vec<_> = fds
            .iter()
            // SAFETY: not -1, by the check above; open for the whole call, by the caller's promise.
            .map(|fd| unsafe { BorrowedFd::borrow_raw(*fd) })
            .collect();
        Self::duplicate(&borrowed)
    }

    /// Takes the descriptor at `index`, in the order they were given. What is not taken is closed
    /// with the last of the run.
    pub fn take(&mut self, index: usize) -> Option<OwnedFd> {
        self.fds.get_mut(index)?.take()
    }

    /// How many descriptors were given, taken or not.
    pub fn len(&self) -> usize {
        self.fds.len()
    }

    /// Whether none was given.
    pub fn is_empty(&self) -> bool {
        self.fds.is_empty()
    }
}

/// Descriptors the caller gives away for good, without a duplicate.
impl FromIterator<OwnedFd> for SessionFds {
    fn from_iter<I: IntoIterator<Item = OwnedFd>>(fds: I) -> Self {
        Self {
            fds: fds.into_iter().map(Some).collect(),
        }
    }
}

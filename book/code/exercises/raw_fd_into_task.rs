use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd, RawFd};

// ANCHOR: solution
/// A descriptor of our own for what the host lends us during this call.
///
/// # Safety
///
/// The host keeps `fd` open until this function has returned.
unsafe fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    if fd < 0 {
        let text = format!("{fd} is no descriptor");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    // SAFETY: it is open, as the caller promises, and the borrow ends with this expression.
    unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned()
}
// ANCHOR_END: solution

#[test]
fn ours_stays_open_when_the_host_closes_its_own() {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    let (mut here, hosts) = UnixStream::pair().unwrap();
    // SAFETY: `hosts` is open until it is dropped below.
    let ours = unsafe { adopt(hosts.as_raw_fd()) }.unwrap();
    drop(hosts);
    here.write_all(b"packet").unwrap();
    let mut packet = [0; 6];
    UnixStream::from(ours).read_exact(&mut packet).unwrap();
    assert_eq!(&packet, b"packet");
}

#[test]
fn what_cannot_be_a_descriptor_is_told() {
    // SAFETY: a negative number is not looked at.
    let error = unsafe { adopt(-1) }.unwrap_err();
    assert_eq!(error.to_string(), "-1 is no descriptor");
}

use super::*;
use async_patterns::session::last_error;
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;

// ANCHOR: host
#[test]
fn the_host_may_close_its_descriptor_and_stop_twice() {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    // SAFETY: `theirs` is open here.
    let handle = unsafe { tunnel_start(theirs.as_raw_fd()) };
    assert_ne!(handle, 0);
    drop(theirs); // the host closes its own: the session has a duplicate

    let mut ours = ours;
    ours.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    ours.write_all(b"ping").unwrap();
    let mut answer = [0; 4];
    ours.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"ping");

    assert_eq!(tunnel_stop(handle), 0);
    assert_eq!(tunnel_stop(handle), -1); // a handle that is gone is an error, not a crash
    assert!(last_error().is_some());
    assert_eq!(
        ours.read(&mut answer).unwrap(),
        0,
        "the duplicate is closed"
    );
}
// ANCHOR_END: host

//! Descriptors outlive the host's own and are closed on every path.
//!
//! Whether a descriptor is closed is seen from the other end of its socket: it reads end of file
//! once no duplicate is left anywhere.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use async_patterns::session::{
    ErrorCode, Session, SessionContext, SessionError, SessionFds, SessionOutcome,
};

use super::support::{LIMIT, complete, deaf, fail, panicking, runtime, session, until_cancelled};

/// Duplicates of a socket that the host has closed since, and its other end.
fn given() -> (SessionFds, UnixStream) {
    let (host, peer) = UnixStream::pair().unwrap();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    (SessionFds::duplicate(&[host.as_fd()]).unwrap(), peer)
}

#[track_caller]
fn assert_closed(mut peer: UnixStream) {
    assert_eq!(peer.read(&mut [0; 8]).expect("still open somewhere"), 0);
}

#[track_caller]
fn assert_open(peer: &UnixStream) {
    peer.set_nonblocking(true).unwrap();
    let error = (&*peer).read(&mut [0; 8]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    peer.set_nonblocking(false).unwrap();
}

#[test]
fn a_session_goes_on_when_the_host_revokes_its_descriptor() {
    let (fds, mut peer) = given();
    let session = session();
    session
        .start_with_fds(fds, async |mut context: SessionContext| {
            let fd = context.take_fd(0).ok_or("no descriptor")?;
            assert!(context.take_fd(0).is_none() && context.take_fd(1).is_none());
            let socket = UnixStream::from(fd);
            socket.set_nonblocking(true)?;
            let mut socket = tokio::net::UnixStream::from_std(socket)?;
            let (mut read, mut write) = socket.split();
            context
                .token()
                .run_until_cancelled(tokio::io::copy(&mut read, &mut write))
                .await;
            Ok(())
        })
        .unwrap();
    peer.write_all(b"ping").unwrap();
    let mut echo = [0; 4];
    peer.read_exact(&mut echo).unwrap();
    assert_eq!(&echo, b"ping");
    assert_eq!(session.stop(LIMIT).unwrap(), SessionOutcome::Stopped);
    assert_closed(peer);
}

#[test]
fn what_the_body_leaves_is_closed_however_it_ends() {
    let session = session();
    for outcome in 0..4 {
        let (fds, peer) = given();
        match outcome {
            0 => session.start_with_fds(fds, complete).unwrap(),
            1 => session.start_with_fds(fds, fail).unwrap(),
            2 => session.start_with_fds(fds, panicking).unwrap(),
            _ => {
                let outcome = session.run_on_this_thread_with_fds(fds, panicking).unwrap();
                assert!(!outcome.is_ok());
            }
        }
        session.wait(LIMIT).unwrap();
        assert_closed(peer);
    }
}

#[test]
fn a_refused_start_closes_them() {
    let session = session();
    let (body, control) = deaf();
    session.start(body).unwrap();
    control.wait_entered();
    let (fds, peer) = given();
    assert!(session.start_with_fds(fds, complete).is_err());
    assert_closed(peer);
    let (fds, peer) = given();
    assert!(session.run_on_this_thread_with_fds(fds, complete).is_err());
    assert_closed(peer);
    control.release();
    session.destroy(LIMIT).unwrap();
    let (fds, peer) = given();
    assert!(session.start_with_fds(fds, complete).is_err());
    assert_closed(peer);
}

#[test]
fn a_start_on_a_runtime_that_is_gone_closes_them() {
    let runtime = runtime();
    let session = Session::new("late", &runtime).unwrap();
    let _ = runtime.shutdown(LIMIT);
    let (fds, peer) = given();
    assert!(session.start_with_fds(fds, complete).is_err());
    assert_closed(peer);
}

#[test]
fn they_are_closed_before_anybody_sees_the_run_end() {
    for _ in 0..50 {
        let session = session();
        let (fds, mut peer) = given();
        session.start_with_fds(fds, until_cancelled).unwrap();
        session.stop(LIMIT).unwrap();
        peer.set_nonblocking(true).unwrap();
        assert_eq!(peer.read(&mut [0; 8]).expect("open after the stop"), 0);
    }
}

#[test]
fn when_one_cannot_be_duplicated_the_others_are_closed() {
    let (host, peer) = UnixStream::pair().unwrap();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    // SAFETY: the first is open; the second is no descriptor, which is what is tested. It is far
    // above any limit on open files, so nobody can open it meanwhile.
    let error = unsafe { SessionFds::duplicate_raw(&[host.as_raw_fd(), i32::MAX]) }.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Descriptor);
    assert!(
        matches!(error, SessionError::Descriptor { fd: i32::MAX, .. }),
        "{error}"
    );
    assert_open(&peer);
    drop(host);
    assert_closed(peer);
}

#[test]
fn a_negative_number_is_refused_by_name() {
    // SAFETY: no open descriptor is named at all.
    let error = unsafe { SessionFds::duplicate_raw(&[-1]) }.unwrap_err();
    assert_eq!(
        error.to_string(),
        "file descriptor -1 could not be duplicated"
    );
}

#[test]
fn descriptors_may_be_given_away_without_a_duplicate() {
    let (ours, peer) = UnixStream::pair().unwrap();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    let number = ours.as_raw_fd();
    let mut fds: SessionFds = [OwnedFd::from(ours)].into_iter().collect();
    assert_eq!((fds.len(), fds.is_empty()), (1, false));
    assert_eq!(fds.take(0).unwrap().as_raw_fd(), number);
    assert_closed(peer);
}

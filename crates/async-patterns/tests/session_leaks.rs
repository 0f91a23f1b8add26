//! Hundreds of cycles from several threads leave no thread and no descriptor behind.
//!
//! A process of its own, because descriptors are counted for the whole process.
#![cfg(all(target_os = "linux", not(async_patterns_loom)))]

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use async_patterns::session::{
    ErrorCode, RuntimeProfile, SessionContext, SessionFds, SessionRegistry, SharedRuntime,
};

const PREFIX: &str = "leaktest";
const LIMIT: Duration = Duration::from_secs(30);

fn threads_of_ours() -> Vec<String> {
    fs::read_dir("/proc/self/task")
        .unwrap()
        // A thread may end between the listing and the reading.
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|name| name.starts_with(PREFIX))
        .collect()
}

/// `pthread_join` returns when the kernel has cleared the thread's id, and the kernel takes the
/// thread out of `/proc` a moment later. So a name that is still there gets a little time; a
/// thread that was leaked would be there for ever.
fn assert_no_threads_of_ours() {
    let deadline = Instant::now() + LIMIT;
    loop {
        let names = threads_of_ours();
        if names.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "left behind: {names:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

async fn echo(mut context: SessionContext) -> Result<(), async_patterns::session::BoxError> {
    let fd = context.take_fd(0).ok_or("no descriptor")?;
    let socket = UnixStream::from(fd);
    socket.set_nonblocking(true)?;
    let mut socket = tokio::net::UnixStream::from_std(socket)?;
    let (mut read, mut write) = socket.split();
    context
        .token()
        .run_until_cancelled(tokio::io::copy(&mut read, &mut write))
        .await;
    Ok(())
}

/// One session from creation to destruction, in one of the ways a host may go about it.
fn cycle(registry: &SessionRegistry, round: usize) {
    let handle = registry.create("s").unwrap();
    let (host, peer) = UnixStream::pair().unwrap();
    let fds = SessionFds::duplicate(&[host.as_fd(), peer.as_fd()]).unwrap();
    match round % 6 {
        // Stopped during the start.
        0 => {
            registry.start_with_fds(handle, fds, echo).unwrap();
            registry.stop(handle, LIMIT).unwrap();
        }
        // Destroyed while running, its descriptor revoked before.
        1 => {
            registry.start_with_fds(handle, fds, echo).unwrap();
            drop((host, peer));
        }
        2 => {
            let body = async |_: SessionContext| panic!("on purpose");
            registry.start_with_fds(handle, fds, body).unwrap();
            registry.wait(handle, LIMIT).unwrap();
        }
        // Two starts, the second refused with its descriptors.
        3 => {
            registry.start(handle, until_cancelled).unwrap();
            let refused = registry.start_with_fds(handle, fds, echo).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::IllegalTransition);
            registry.request_stop(handle).unwrap();
        }
        4 => {
            registry
                .run_on_this_thread_with_fds(handle, fds, async |_: SessionContext| {
                    Err("on purpose".into())
                })
                .unwrap();
        }
        // Given up on at once, reaped later.
        _ => {
            registry.start_with_fds(handle, fds, echo).unwrap();
            let _ = registry.destroy(handle, Duration::ZERO);
            return;
        }
    }
    registry.destroy(handle, LIMIT).unwrap();
}

async fn until_cancelled(context: SessionContext) -> Result<(), async_patterns::session::BoxError> {
    context.cancelled().await;
    Ok(())
}

/// All cycles on a runtime of their own, up to its shutdown.
fn host(cycles: usize) {
    let profile = RuntimeProfile::mobile().with_thread_name_prefix(PREFIX);
    let registry = Arc::new(SessionRegistry::new(&SharedRuntime::new(profile)));
    let threads: Vec<_> = (0..4)
        .map(|offset| {
            let registry = Arc::clone(&registry);
            thread::spawn(move || {
                for round in 0..cycles {
                    cycle(&registry, round + offset);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(registry.is_empty());
    let report = registry.runtime().shutdown(LIMIT);
    assert!(report.is_clean(), "{report}");
}

#[test]
fn nothing_is_left_after_hundreds_of_cycles() {
    assert_eq!(threads_of_ours(), [""; 0]);
    // What is opened once for the process (tokio's signal pipe) belongs to the baseline.
    host(6);
    assert_no_threads_of_ours();
    let baseline = open_descriptors();
    host(100);
    assert_no_threads_of_ours();
    assert_eq!(open_descriptors(), baseline);
}

//! Case study "Sessions across JNI and C": the exported functions of a small tunnel.
#![cfg(unix)]

use std::os::fd::BorrowedFd;
use std::sync::LazyLock;
use std::time::Duration;

use async_patterns::session::{
    BoxError, LastError, RuntimeProfile, SessionContext, SessionFds, SessionHandle,
    SessionRegistry, SharedRuntime, ffi_guard,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

// ANCHOR: registry
static SESSIONS: LazyLock<SessionRegistry> = LazyLock::new(|| {
    let runtime = SharedRuntime::new(RuntimeProfile::mobile().with_thread_name_prefix("tunnel"));
    SessionRegistry::new(&runtime)
});
// ANCHOR_END: registry

// ANCHOR: body
/// The asynchronous part. It owns its descriptor and looks at its token.
async fn echo(mut context: SessionContext) -> Result<(), BoxError> {
    let descriptor = context.take_fd(0).ok_or("the host gave no descriptor")?;
    let socket = std::os::unix::net::UnixStream::from(descriptor);
    socket.set_nonblocking(true)?;
    let mut socket = UnixStream::from_std(socket)?;
    let packets = context.counter("packets");
    let mut packet = [0; 1500];
    loop {
        let length = tokio::select! {
            () = context.cancelled() => return Ok(()),
            read = socket.read(&mut packet) => read?,
        };
        if length == 0 {
            return Ok(());
        }
        socket.write_all(&packet[..length]).await?;
        packets.add(1);
    }
}
// ANCHOR_END: body

// ANCHOR: exported
/// Starts a session on a duplicate of `fd`. Returns its handle, or 0; see `tunnel_last_error`.
///
/// # Safety
///
/// `fd` is open during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tunnel_start(fd: i32) -> u64 {
    ffi_guard(0, || {
        // SAFETY: the caller keeps it open during the call.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        let duplicate = SessionFds::duplicate(&[fd])?;
        let handle = SESSIONS.create("echo")?;
        SESSIONS.start_with_fds(handle, duplicate, echo)?;
        Ok(u64::from(handle))
    })
}

/// Stops a session and gives it five seconds to end. Returns 0, or -1.
#[unsafe(no_mangle)]
pub extern "C" fn tunnel_stop(handle: u64) -> i32 {
    ffi_guard(-1, || {
        let handle = SessionHandle::try_from(handle)?;
        SESSIONS.destroy(handle, Duration::from_secs(5))?;
        Ok::<_, LastError>(0)
    })
}
// ANCHOR_END: exported

#[cfg(test)]
mod tests;

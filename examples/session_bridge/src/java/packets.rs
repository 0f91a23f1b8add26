//! The class `PacketPair`.

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

use async_patterns::session::{ErrorCode, LastError};
use jni::objects::{JByteArray, JClass, JIntArray};
use jni::sys::{jint, jlong};
use jni::{EnvUnowned, jni_mangle};

use super::{limit, native};
use crate::options::invalid;
use crate::packet_pair;

/// The largest packet there is.
const LARGEST: usize = u16::MAX as usize;

/// Borrows a descriptor of Java's for a call.
///
/// # Safety
///
/// It must be open, and stay so while it is borrowed.
unsafe fn borrowed<'fd>(fd: jint) -> Result<BorrowedFd<'fd>, LastError> {
    if fd < 0 {
        return Err(invalid(format!("descriptor {fd} is negative")));
    }
    // SAFETY: not -1; open by the caller's promise.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

fn failed(what: &str, error: &io::Error) -> LastError {
    LastError::new(ErrorCode::Descriptor, format!("{what}: {error}"))
}

/// Writes the descriptors of both ends into the array.
#[jni_mangle("org.asyncpatterns.bridge.PacketPair")]
pub extern "system" fn open<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    ends: JIntArray<'local>,
) {
    native(env, |env| {
        let (a, b) = packet_pair::open()
            .map_err(|error| failed("a pair of packet sockets could not be made", &error))?;
        // Java's from here on, unless it has no room for them.
        let numbers = [a.into_raw_fd(), b.into_raw_fd()];
        ends.set_region(env, 0, &numbers).map_err(|error| {
            for fd in numbers {
                // SAFETY: ours, just released, and known to nobody.
                drop(unsafe { OwnedFd::from_raw_fd(fd) });
            }
            error.into()
        })
    });
}

#[jni_mangle("org.asyncpatterns.bridge.PacketPair")]
pub extern "system" fn send<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    fd: jint,
    packet: JByteArray<'local>,
) {
    native(env, |env| {
        let packet = env.convert_byte_array(&packet)?;
        // SAFETY: the Java class keeps it open while it calls.
        let fd = unsafe { borrowed(fd) }?;
        packet_pair::send(fd, &packet)
            .map_err(|error| failed("the packet could not be sent", &error))
    });
}

/// The packet; an empty one when the other end is closed, and null when there was none in time.
#[jni_mangle("org.asyncpatterns.bridge.PacketPair")]
pub extern "system" fn receive<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    fd: jint,
    deadline_ms: jlong,
) -> JByteArray<'local> {
    native(env, |env| {
        let mut buffer = vec![0; LARGEST];
        // SAFETY: the Java class keeps it open while it calls.
        let fd = unsafe { borrowed(fd) }?;
        let received = packet_pair::receive(fd, &mut buffer, limit(deadline_ms)?)
            .map_err(|error| failed("no packet could be received", &error))?;
        match received {
            Some(length) => Ok(env.byte_array_from_slice(&buffer[..length])?),
            None => Ok(JByteArray::null()),
        }
    })
}

/// Closes a descriptor that `open` gave.
#[jni_mangle("org.asyncpatterns.bridge.PacketPair")]
pub extern "system" fn close_descriptor<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    fd: jint,
) {
    native(env, |_| {
        // SAFETY: the Java class owns it and forgets it with this call.
        unsafe { borrowed(fd) }?;
        // SAFETY: as above.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
        Ok(())
    });
}

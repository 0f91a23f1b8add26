//! The class `NativeSessions`.

use async_patterns::session::{LastError, SessionHandle};
use jni::objects::{JClass, JLongArray, JString, JThrowable};
use jni::sys::{jint, jlong};
use jni::{EnvUnowned, jni_mangle};

use super::{exception, limit, native, text, unsigned};
use crate::figures::Stats;
use crate::host;
use crate::options::Options;

#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn create<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    name: JString<'local>,
) -> jlong {
    native(env, |env| {
        Ok(host::create(&text(env, "name", &name)?)?.into())
    })
}

#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn start<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
    device: jint,
    descriptor: jint,
    mtu: jint,
    flows: jint,
    fault: jint,
    fault_after_ms: jint,
) {
    native(env, |_| {
        let options = Options {
            struct_size: Options::SIZE,
            device,
            descriptor,
            mtu: unsigned("mtu", mtu)?,
            flows: unsigned("flows", flows)?,
            fault,
            fault_after_ms: unsigned("faultAfterMillis", fault_after_ms)?,
        };
        // SAFETY: the Java method's callers promise that the descriptor stays open meanwhile.
        unsafe { host::start(SessionHandle::try_from(handle)?, &options) }
    });
}

#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn request_stop<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) {
    native(env, |_| {
        host::request_stop(SessionHandle::try_from(handle)?)
    });
}

#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn stop<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
    deadline_ms: jlong,
) -> jint {
    native(env, |_| {
        let outcome = host::stop(SessionHandle::try_from(handle)?, limit(deadline_ms)?)?;
        Ok(outcome as jint)
    })
}

#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn await_end<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
    deadline_ms: jlong,
) -> jint {
    native(env, |_| {
        let outcome = host::wait(SessionHandle::try_from(handle)?, limit(deadline_ms)?)?;
        Ok(outcome as jint)
    })
}

#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn state<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> jint {
    native(env, |_| host::state(SessionHandle::try_from(handle)?))
}

/// The figures in the order of `SessionStats`' components.
#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn stats<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> JLongArray<'local> {
    native(env, |env| {
        let now = host::stats(SessionHandle::try_from(handle)?)?;
        let numbers = numbers(&now);
        let array = env.new_long_array(numbers.len())?;
        array.set_region(env, 0, &numbers)?;
        Ok(array)
    })
}

fn numbers(stats: &Stats) -> [jlong; 18] {
    let long = |figure: u64| i64::try_from(figure).unwrap_or(i64::MAX);
    [
        stats.state.into(),
        stats.last_outcome.into(),
        stats.last_error.into(),
        long(stats.runs),
        long(stats.failures),
        long(stats.panics),
        long(stats.running_ms),
        long(stats.total_ms),
        long(stats.packets_in),
        long(stats.packets_out),
        long(stats.flows_opened),
        long(stats.flows_open),
        long(stats.bytes_up),
        long(stats.bytes_down),
        long(stats.datagrams_up),
        long(stats.datagrams_down),
        long(stats.exchanges),
        long(stats.failed_exchanges),
    ]
}

/// The session's last error as an exception that is not thrown, or null.
#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn last_error<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> JThrowable<'local> {
    native(env, |env| {
        let error = host::session_error(SessionHandle::try_from(handle)?)?;
        match error {
            Some(error) => Ok(exception(env, &error)?),
            None => Ok(JThrowable::null()),
        }
    })
}

#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn destroy<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    handle: jlong,
    deadline_ms: jlong,
) {
    native(env, |_| {
        host::destroy(SessionHandle::try_from(handle)?, limit(deadline_ms)?)
    });
}

#[jni_mangle("org.asyncpatterns.bridge.NativeSessions")]
pub extern "system" fn shutdown<'local>(
    env: EnvUnowned<'local>,
    _class: JClass<'local>,
    deadline_ms: jlong,
) {
    native(env, |_| -> Result<(), LastError> {
        host::shutdown(limit(deadline_ms)?)
    });
}

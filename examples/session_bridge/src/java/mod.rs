//! The native methods of the Java package `org.asyncpatterns.bridge`.
//!
//! They take numbers, as the C functions do. What those return as an error code is thrown here as a
//! `SessionException` with the code and the message; nothing is kept for the thread.

pub mod packets;
pub mod sessions;

use std::time::Duration;

use async_patterns::session::{ErrorCode, LastError, ffi_guard_with};
use jni::errors::ErrorPolicy;
use jni::objects::{JString, JThrowable, JValue};
use jni::strings::JNIStr;
use jni::{Env, EnvUnowned, jni_sig, jni_str};

use crate::options::invalid;

const EXCEPTION: &JNIStr = jni_str!("org/asyncpatterns/bridge/SessionException");

/// The inside of every native method.
fn native<'local, T: Default>(
    mut env: EnvUnowned<'local>,
    f: impl FnOnce(&mut Env<'local>) -> Result<T, LastError>,
) -> T {
    env.with_env(|env| ffi_guard_with(|error| Err(error.clone()), || f(env).map(Ok)))
        .resolve::<Throw>()
}

/// Throws a `SessionException`; Java ignores what is returned.
struct Throw;

impl<T: Default> ErrorPolicy<T, LastError> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        (): &mut (),
        error: LastError,
    ) -> jni::errors::Result<T> {
        // One that Java has thrown already, such as an OutOfMemoryError, says more than ours.
        if !env.exception_check() {
            let exception = exception(env, &error)?;
            // Throwing is told as an error, for code that goes on in Rust.
            let _ = env.throw(exception);
        }
        Ok(T::default())
    }

    /// Not even the guard around the method returned.
    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        captures: &mut (),
        payload: Box<dyn std::any::Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        // A payload may have a destructor that panics, too.
        std::mem::forget(payload);
        let error = LastError::new(ErrorCode::Panicked, "a native method panicked");
        Self::on_error(env, captures, error)
    }
}

/// A `SessionException` that has not been thrown.
fn exception<'local>(
    env: &mut Env<'local>,
    error: &LastError,
) -> jni::errors::Result<JThrowable<'local>> {
    let message = JString::from_str(env, error.message())?;
    let arguments = [
        JValue::Int(error.code() as i32),
        JValue::Object(message.as_ref()),
    ];
    let constructor = jni_sig!((code: jint, message: JString) -> ());
    let exception = env.new_object(EXCEPTION, constructor, &arguments)?;
    env.cast_local::<JThrowable>(exception)
}

/// A time from Java, which has no unsigned numbers.
fn limit(milliseconds: i64) -> Result<Duration, LastError> {
    u64::try_from(milliseconds)
        .map(Duration::from_millis)
        .map_err(|_| invalid(format!("a deadline of {milliseconds} ms is negative")))
}

/// A number that is not negative from Java.
fn unsigned(what: &str, value: i32) -> Result<u32, LastError> {
    u32::try_from(value).map_err(|_| invalid(format!("{what} {value} is negative")))
}

/// A string from Java.
fn text(env: &Env<'_>, what: &str, string: &JString<'_>) -> Result<String, LastError> {
    if string.is_null() {
        return Err(invalid(format!("{what} is null; it is needed")));
    }
    Ok(string.try_to_string(env)?)
}

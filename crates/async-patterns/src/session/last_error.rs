//! An error in a form that can be kept, copied between threads and handed to C.

use std::fmt;
use std::sync::Arc;

use super::error::{ErrorCode, SessionError, with_sources};
use super::state::SessionOutcome;

/// An error as it is kept for the host: a number and a message, cheap to clone.
///
/// Every [`Error`](std::error::Error) turns into one with `?` or `into`: a [`SessionError`] keeps
/// its code, any other gets [`ErrorCode::Failed`]. The messages of its sources are part of the
/// text. (That is why this type does not implement `Error` itself.)
///
/// # Examples
///
/// ```
/// use async_patterns::session::{ErrorCode, LastError};
///
/// fn port(text: &str) -> Result<u16, LastError> {
///     Ok(text.parse::<u16>()?)
/// }
///
/// let error = port("http").unwrap_err();
/// assert_eq!(error.code(), ErrorCode::Failed);
/// assert_eq!(error.message(), "invalid digit found in string");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    code: ErrorCode,
    message: Arc<str>,
}

impl LastError {
    /// An error with a code and a message of the caller's.
    pub fn new(code: ErrorCode, message: impl Into<Arc<str>>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// The kind of error.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The text, with the messages of the error's sources.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Copies the message into a C string: as many whole characters as fit, then a NUL. An empty
    /// buffer is left alone. Returns the length of the whole message in bytes without the NUL, as
    /// `snprintf` does, so that a host can tell that it was cut and come back with more room.
    ///
    /// NUL characters inside the message are copied as spaces: the host would take them for the end.
    ///
    /// # Examples
    ///
    /// ```
    /// use async_patterns::session::{ErrorCode, LastError};
    ///
    /// let error = LastError::new(ErrorCode::Failed, "no route");
    /// let mut buffer = [0xff_u8; 4];
    /// assert_eq!(error.copy_message(&mut buffer), 8);
    /// assert_eq!(&buffer, b"no \0");
    /// ```
    pub fn copy_message(&self, buffer: &mut [u8]) -> usize {
        let Some(room) = buffer.len().checked_sub(1) else {
            return self.message.len();
        };
        let mut end = room.min(self.message.len());
        while !self.message.is_char_boundary(end) {
            end -= 1;
        }
        for (to, from) in buffer.iter_mut().zip(&self.message.as_bytes()[..end]) {
            *to = if *from == 0 { b' ' } else { *from };
        }
        buffer[end] = 0;
        self.message.len()
    }

    /// The error of a run, if it ended with one.
    pub(super) fn of_outcome(outcome: &SessionOutcome) -> Option<Self> {
        let (code, message) = match outcome {
            SessionOutcome::Completed | SessionOutcome::Stopped => return None,
            SessionOutcome::Failed(message) => (ErrorCode::Failed, Arc::clone(message)),
            SessionOutcome::Panicked(message) => (ErrorCode::Panicked, Arc::clone(message)),
            SessionOutcome::RuntimeGone => (ErrorCode::RuntimeGone, outcome.to_string().into()),
            SessionOutcome::NotStarted(reason) => (ErrorCode::OutOfResources, Arc::clone(reason)),
        };
        Some(Self { code, message })
    }
}

impl fmt::Display for LastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error + 'static> From<E> for LastError {
    fn from(error: E) -> Self {
        let any: &(dyn std::error::Error + 'static) = &error;
        let code = any
            .downcast_ref::<SessionError>()
            .map_or(ErrorCode::Failed, SessionError::code);
        Self::new(code, with_sources(any))
    }
}

#[cfg(all(test, not(async_patterns_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_session_error_keeps_its_code() {
        let error = LastError::from(SessionError::RuntimeGone);
        assert_eq!(error.code(), ErrorCode::RuntimeGone);
        assert_eq!(error.message(), SessionError::RuntimeGone.to_string());
    }

    #[test]
    fn copying_never_cuts_a_character_and_always_ends_with_nul() {
        let error = LastError::new(ErrorCode::Failed, "a\u{e9}\0b");
        for (size, expected) in [
            (1, &b"\0"[..]),
            (2, b"a\0"),
            (3, b"a\0"),
            (4, b"a\xc3\xa9\0"),
            (5, b"a\xc3\xa9 \0"),
            (6, b"a\xc3\xa9 b\0"),
            (9, b"a\xc3\xa9 b\0"),
        ] {
            let mut buffer = vec![0xff; size];
            assert_eq!(error.copy_message(&mut buffer), 5);
            assert_eq!(&buffer[..expected.len()], expected, "room for {size}");
        }
        assert_eq!(error.copy_message(&mut []), 5);
    }
}

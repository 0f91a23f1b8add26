//! What happens in the loop, for whoever listens.

use std::fmt;
use std::net::SocketAddr;

use crate::classify::Tuple;
use crate::stack::Ending;

/// Something that happened. Sent on a broadcast channel of [`EVENTS`] places, which never holds the
/// loop up: a listener that is too slow misses the oldest, and should be a
/// [`LagAware`](async_patterns::broadcast::LagAware) one, which is told so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A TCP flow is established and has a session.
    Opened(Tuple),
    /// A TCP flow is over.
    Ended(Tuple, Ending),
    /// A SYN was refused, because there are as many flows as there may be.
    Refused(Tuple),
    /// A UDP association made room for another.
    Evicted(SocketAddr),
    /// A session panicked, or an association did, as this says.
    Panicked(String),
}

/// Events that a slow listener may be behind.
pub const EVENTS: usize = 256;

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened(tuple) => write!(f, "opened: {tuple}"),
            Self::Ended(tuple, ending) => write!(f, "{ending}: {tuple}"),
            Self::Refused(tuple) => write!(f, "refused, too many flows: {tuple}"),
            Self::Evicted(app) => write!(f, "UDP association evicted: {app}"),
            Self::Panicked(message) => f.write_str(message),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Finished => "finished",
            Self::ResetByApp => "reset by the application",
            Self::ResetBySession => "reset by its session",
            Self::HalfOpen => "never established",
        })
    }
}

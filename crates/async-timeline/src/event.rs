//! What a recorder writes down.

use std::borrow::Cow;

use crate::clock::Stamp;

/// A lane's place in [`Log::lanes`](crate::recorder::Log::lanes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LaneId(pub(crate) u32);

/// One use of a lock, from the wait to the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct LockId(pub(crate) u32);

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) lane: LaneId,
    pub(crate) stamp: Stamp,
    pub(crate) what: What,
}

#[cfg_attr(
    not(all(feature = "record", feature = "tracing")),
    allow(dead_code, reason = "some events happen only with these features")
)]
#[derive(Debug, Clone)]
pub(crate) enum What {
    Created,
    PollStart,
    PollEnd(PollOutcome),
    Woken,
    /// Dropped before it completed.
    Dropped,
    /// A span is closed. Nobody can say whether its future completed.
    Closed,
    LockWanted(LockId, Cow<'static, str>),
    LockTaken(LockId),
    /// Given back, or given up before it was taken.
    LockGone(LockId),
    Mark(Cow<'static, str>),
}

#[cfg_attr(
    not(all(feature = "record", feature = "tracing")),
    allow(dead_code, reason = "some events happen only with these features")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PollOutcome {
    Pending,
    Ready,
    Panicked,
}

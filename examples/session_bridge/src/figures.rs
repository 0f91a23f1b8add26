//! What `stats` tells: the session's own figures, and those of the forwarder that it runs.

use std::sync::Arc;
use std::time::Duration;

use async_patterns::session::{SessionContext, SessionStats};
use io_loop::metrics::{Metrics, Snapshot};
use io_loop::workload::Seen;

use crate::options::check_size;
use async_patterns::session::LastError;

/// A session's figures. Set `struct_size` to the size of this struct before the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Stats {
    /// The size of this struct in bytes, by which the library knows what it was compiled with.
    pub struct_size: u32,
    /// Where the session is in its life: a `session_bridge_state`.
    pub state: i32,
    /// How its last run ended: a `session_bridge_outcome`, or -1 if it is going on or there was none.
    pub last_outcome: i32,
    /// The number of the session's last error: a `session_bridge_error`, or 0 if there was none.
    pub last_error: i32,
    /// How often it was started.
    pub runs: u64,
    /// How many runs failed.
    pub failures: u64,
    /// How many runs panicked.
    pub panics: u64,
    /// How long the run that is going on has lasted, in milliseconds; 0 if there is none.
    pub running_ms: u64,
    /// How long all runs together have lasted, in milliseconds.
    pub total_ms: u64,
    /// Packets from the device. This and the rest are of the last run.
    pub packets_in: u64,
    /// Packets to the device.
    pub packets_out: u64,
    /// TCP flows that became established.
    pub flows_opened: u64,
    /// TCP flows that are established now.
    pub flows_open: u64,
    /// Bytes that TCP flows carried from the applications.
    pub bytes_up: u64,
    /// Bytes that TCP flows carried to the applications.
    pub bytes_down: u64,
    /// UDP datagrams from the applications.
    pub datagrams_up: u64,
    /// UDP datagrams to the applications.
    pub datagrams_down: u64,
    /// For the memory device: exchanges of the applications that succeeded.
    pub exchanges: u64,
    /// For the memory device: exchanges that failed.
    pub failed_exchanges: u64,
}

const EXCHANGES: &str = "exchanges";
const FAILED_EXCHANGES: &str = "failed exchanges";

/// A figure of the loop: its name, and how it is read.
type Reading = (&'static str, fn(&Snapshot) -> u64);

const PACKETS_IN: Reading = ("packets in", |now| now.packets_in);
const PACKETS_OUT: Reading = ("packets out", |now| now.packets_out);
const FLOWS_OPENED: Reading = ("flows opened", |now| now.opened);
const FLOWS_OPEN: Reading = ("flows open", Snapshot::open_flows);
const BYTES_UP: Reading = ("bytes up", |now| now.bytes_up);
const BYTES_DOWN: Reading = ("bytes down", |now| now.bytes_down);
const DATAGRAMS_UP: Reading = ("datagrams up", |now| now.datagrams_up);
const DATAGRAMS_DOWN: Reading = ("datagrams down", |now| now.datagrams_down);

const OF_THE_LOOP: [Reading; 8] = [
    PACKETS_IN,
    PACKETS_OUT,
    FLOWS_OPENED,
    FLOWS_OPEN,
    BYTES_UP,
    BYTES_DOWN,
    DATAGRAMS_UP,
    DATAGRAMS_DOWN,
];

/// Shows the loop's figures to the host.
pub(crate) fn observe_loop(context: &SessionContext, metrics: &Arc<Metrics>) {
    for (name, read) in OF_THE_LOOP {
        let metrics = metrics.clone();
        context.observe(name, move || read(&metrics.snapshot()));
    }
}

/// Shows what the applications of memory mode have seen to the host.
pub(crate) fn observe_applications(context: &SessionContext, seen: &Arc<Seen>) {
    let of = seen.clone();
    context.observe(EXCHANGES, move || {
        of.round_trips().count + of.downloads.get() + of.datagrams.get()
    });
    let of = seen.clone();
    context.observe(FAILED_EXCHANGES, move || of.failed.get());
}

impl Stats {
    /// The size of this version of the struct.
    #[expect(clippy::cast_possible_truncation, reason = "the struct has 136 bytes")]
    pub const SIZE: u32 = size_of::<Self>() as u32;

    /// Refuses the struct of a host that was compiled with another version of it.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`](async_patterns::session::ErrorCode::InvalidArgument).
    pub(crate) fn check_size(given: u32) -> Result<(), LastError> {
        check_size("stats", given, Self::SIZE)
    }
}

impl From<&SessionStats> for Stats {
    fn from(stats: &SessionStats) -> Self {
        let named = |name: &str| stats.counter(name).unwrap_or(0);
        let read = |(name, _): Reading| named(name);
        Self {
            struct_size: Self::SIZE,
            state: stats.state as i32,
            last_outcome: stats
                .last_outcome
                .as_ref()
                .map_or(-1, |outcome| outcome.code() as i32),
            last_error: stats
                .last_error
                .as_ref()
                .map_or(0, |error| error.code() as i32),
            runs: stats.runs,
            failures: stats.failures,
            panics: stats.panics,
            running_ms: milliseconds(stats.running_for.unwrap_or_default()),
            total_ms: milliseconds(stats.total_running),
            packets_in: read(PACKETS_IN),
            packets_out: read(PACKETS_OUT),
            flows_opened: read(FLOWS_OPENED),
            flows_open: read(FLOWS_OPEN),
            bytes_up: read(BYTES_UP),
            bytes_down: read(BYTES_DOWN),
            datagrams_up: read(DATAGRAMS_UP),
            datagrams_down: read(DATAGRAMS_DOWN),
            exchanges: named(EXCHANGES),
            failed_exchanges: named(FAILED_EXCHANGES),
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

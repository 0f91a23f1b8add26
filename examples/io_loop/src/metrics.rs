//! Counters, for the live figures and the summary.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident: $label:literal,)*) => {
        /// What the loop has done so far. The loop adds, anyone reads; no counter orders another.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $($(#[$doc])* pub $name: Counter,)*
        }

        /// The [`Metrics`] at one time.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Snapshot {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Metrics {
            /// All counters, one after the other.
            pub fn snapshot(&self) -> Snapshot {
                Snapshot { $($name: self.$name.get(),)* }
            }
        }

        impl fmt::Display for Snapshot {
            /// A line for each counter that is not zero.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $(if self.$name > 0 {
                    writeln!(f, "  {:<38}{:>14}", $label, self.$name)?;
                })*
                Ok(())
            }
        }
    };
}

counters! {
    /// Turns of the loop.
    turns: "turns",
    /// Packets from the device.
    packets_in: "packets in",
    /// Packets to the device.
    packets_out: "packets out",
    /// Packets that were none, or none that the loop handles.
    malformed: "malformed packets dropped",
    /// Parts of packets.
    fragments: "fragments dropped",
    /// Packets from or to addresses that no flow can have.
    bad_addresses: "packets with impossible addresses dropped",
    /// TCP flows that became established.
    opened: "TCP flows opened",
    /// TCP flows of which both directions ended.
    finished: "TCP flows finished",
    /// TCP flows that the application reset or left.
    reset_by_app: "TCP flows reset by the application",
    /// TCP flows that their session ended early.
    reset_by_session: "TCP flows reset by their session",
    /// TCP flows that never became established.
    half_open: "TCP handshakes not completed",
    /// SYNs refused because there were too many flows.
    refused: "TCP flows refused, too many",
    /// Bytes from applications to TCP sessions.
    bytes_up: "TCP bytes up",
    /// Bytes from TCP sessions to applications.
    bytes_down: "TCP bytes down",
    /// Sessions whose future was dropped before it completed.
    sessions_cancelled: "sessions cancelled",
    /// Sessions that panicked.
    sessions_panicked: "sessions panicked",
    /// UDP associations opened.
    associations: "UDP associations opened",
    /// UDP associations that made room for another.
    associations_evicted: "UDP associations evicted",
    /// UDP datagrams from applications.
    datagrams_up: "UDP datagrams up",
    /// UDP datagrams to applications.
    datagrams_down: "UDP datagrams down",
    /// UDP datagrams dropped, because a queue was full or they were too long for the device.
    datagrams_dropped: "UDP datagrams dropped",
    /// DNS questions.
    dns_questions: "DNS questions",
    /// DNS questions answered from the cache.
    dns_cached: "DNS answers from the cache",
    /// DNS questions answered with SERVFAIL.
    dns_failed: "DNS questions failed",
    /// Sessions that phase 4 has looked at.
    pumps: "sessions looked at",
    /// Nanoseconds in phases 1 to 5, if they are measured.
    busy_nanos: "ns in phases 1 to 5",
    /// Nanoseconds in phase 4, if they are measured.
    bridge_nanos: "ns in phase 4",
}

/// One counter.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Adds a number of things in memory.
    pub fn add_len(&self, count: usize) {
        self.add(count as u64);
    }

    /// Adds a time, in nanoseconds.
    pub fn add_time(&self, time: Duration) {
        self.add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Its value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Snapshot {
    /// TCP flows that are established and have not ended.
    pub fn open_flows(&self) -> u64 {
        self.opened
            .saturating_sub(self.finished + self.reset_by_app + self.reset_by_session)
    }
}

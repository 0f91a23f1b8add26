//! Where an event stands on the axis, and what time it really is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

/// The two times of an event, both since an origin that is the clock's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Stamp {
    /// Where it stands on the axis.
    pub at: Duration,
    /// Real time, by which blocked polls are found. It goes on while `at` is paused.
    pub real: Duration,
}

/// A source of [`Stamp`]s. Neither part may ever go back.
///
/// [`TokioClock`] is what a recorder uses unless told otherwise; [`ManualClock`] is for tests.
pub trait Clock: Send + Sync + 'static {
    /// The time now. It is called with the recorder locked, so it must not record anything.
    fn read(&self) -> Stamp;
}

/// Tokio's time, paused where the runtime's is; the origin is the first reading.
///
/// Code outside of any runtime cannot see a paused clock. A reading made there, for a wake from a
/// thread of its own for instance, says the time that was last read inside of the runtime if that
/// was paused, and the real time if it was not.
#[derive(Debug, Default)]
pub struct TokioClock {
    seen: Mutex<Option<Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    axis_origin: Instant,
    real_origin: Instant,
    /// Tokio's time when it was last read inside of a runtime.
    last: Option<Instant>,
    paused: bool,
    latest: Duration,
}

impl TokioClock {
    /// A clock that has not been read yet.
    pub const fn new() -> Self {
        Self {
            seen: Mutex::new(None),
        }
    }
}

impl Clock for TokioClock {
    fn read(&self) -> Stamp {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = Handle::try_current().is_ok();
        // In this order: a clock that runs can then never be behind `real`.
        let real = Instant::now();
        let tokio = tokio::time::Instant::now().into_std();
        let seen = seen.get_or_insert(Seen {
            axis_origin: tokio,
            real_origin: real,
            last: None,
            paused: false,
            latest: Duration::ZERO,
        });
        let now = seen.now(inside, real, tokio);
        // A clock that is paused or resumed may seem to go back by the time in between.
        seen.latest = seen
            .latest
            .max(now.saturating_duration_since(seen.axis_origin));
        Stamp {
            at: seen.latest,
            real: real.saturating_duration_since(seen.real_origin),
        }
    }
}

impl Seen {
    fn now(&mut self, inside: bool, real: Instant, tokio: Instant) -> Instant {
        if inside {
            // A clock that runs was read after `real`, and later than the last time.
            self.paused |= tokio < real || self.last.is_some_and(|last| last > real);
            self.last = Some(tokio);
            return tokio;
        }
        match self.last {
            Some(last) if self.paused => last,
            _ => tokio,
        }
    }
}

/// A clock that stands still until it is told otherwise. Clones share their time.
///
/// # Examples
///
/// ```
/// use async_timeline::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::default();
/// clock.advance(Duration::from_millis(10));
/// clock.block(Duration::from_secs(1));
/// assert_eq!(clock.read().at.as_millis(), 10);
/// assert_eq!(clock.read().real.as_millis(), 1_010);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    now: Arc<Mutex<Stamp>>,
}

impl ManualClock {
    /// Both times go on.
    pub fn advance(&self, by: Duration) {
        self.change(|now| {
            now.at = now.at.saturating_add(by);
            now.real = now.real.saturating_add(by);
        });
    }

    /// Only real time goes on, as when a thread blocks while tokio's time is paused.
    pub fn block(&self, by: Duration) {
        self.change(|now| now.real = now.real.saturating_add(by));
    }

    fn change(&self, change: impl FnOnce(&mut Stamp)) {
        change(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Clock for ManualClock {
    fn read(&self) -> Stamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::time::{advance, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn paused_time_is_exact_and_real_time_goes_on() {
        let clock = TokioClock::new();
        let start = clock.read();
        sleep(Duration::from_millis(10)).await;
        advance(Duration::from_secs(3600)).await;
        let end = clock.read();
        assert_eq!(start.at, Duration::ZERO);
        assert_eq!(end.at, Duration::from_millis(3_600_010));
        assert!(end.real < Duration::from_secs(3600));
        assert!(end.real > start.real);
    }

    #[tokio::test(start_paused = true)]
    async fn a_thread_of_its_own_sees_the_paused_time_that_was_last_read() {
        let clock = Arc::new(TokioClock::new());
        clock.read();
        sleep(Duration::from_secs(60)).await;
        let inside = clock.read();
        let outside = thread::spawn({
            let clock = Arc::clone(&clock);
            move || clock.read()
        });
        assert_eq!(outside.join().unwrap().at, inside.at);
    }

    #[tokio::test]
    async fn running_time_is_the_same_inside_and_outside() {
        let clock = Arc::new(TokioClock::new());
        let before = clock.read();
        let outside = thread::spawn({
            let clock = Arc::clone(&clock);
            move || clock.read()
        });
        let outside = outside.join().unwrap();
        let after = clock.read();
        assert!(before.at < outside.at, "{before:?} {outside:?}");
        assert!(outside.at < after.at, "{outside:?} {after:?}");
    }

    #[test]
    fn no_runtime_is_needed() {
        let clock = TokioClock::new();
        let first = clock.read();
        assert!(clock.read() >= first);
    }
}

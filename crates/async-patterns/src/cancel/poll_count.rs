//! A count of polls, and in the same word all that a poll has to ask.
//!
//! # Layout
//!
//! - Bit 0 is set while a poll is under way. It stays set when that poll panics: no guard is
//!   needed to notice.
//! - Bits 1 to 61 count the polls that returned `Pending`.
//! - Bit 62 is set when the future has completed.
//! - The sign is set when a poll must take the slow path: the future has completed, or a switch
//!   that concerns polls is on.
//!
//! So a plain poll is one addition with a jump on its sign, and one addition after it. At a poll
//! a nanosecond 61 bits last for 70 years.

const DONE: i64 = 1 << 62;
const SLOW: i64 = i64::MIN;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PollCount(i64);

impl PollCount {
    /// Starts a poll. `false` asks for the slow path.
    #[inline]
    pub(super) fn enter(&mut self) -> bool {
        self.0 = self.0.wrapping_add(1);
        self.0 >= 0
    }

    /// Ends a poll that returned `Pending`. `false` asks for the slow path.
    #[inline]
    pub(super) fn leave(&mut self) -> bool {
        self.0 = self.0.wrapping_add(1);
        self.0 >= 0
    }

    /// Ends a poll that returned `Ready`. `false` asks for the slow path.
    #[inline]
    pub(super) fn complete(&mut self) -> bool {
        let fast = self.0 >= 0;
        self.0 = (self.0 & !1) | DONE | SLOW;
        fast
    }

    /// Undoes `enter` for a future that has completed.
    pub(super) fn refuse(&mut self) {
        self.0 = self.0.wrapping_sub(1);
    }

    pub(super) fn require_slow_path(&mut self) {
        self.0 |= SLOW;
    }

    pub(super) fn is_done(self) -> bool {
        self.0 & DONE != 0
    }

    /// Whether a poll was entered and never left, that is, panicked.
    pub(super) fn is_mid_poll(self) -> bool {
        self.0 & 1 != 0
    }

    /// All polls, a panicked one included and, once done, the last.
    pub(super) fn polls(self) -> u64 {
        let pending = (self.0 & !(SLOW | DONE)) >> 1;
        pending.unsigned_abs() + u64::from(self.is_mid_poll() || self.is_done())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_count_is_zero_and_fast() {
        let mut count = PollCount::default();
        assert_eq!(
            (count.polls(), count.is_mid_poll(), count.is_done()),
            (0, false, false)
        );
        assert!(count.enter());
    }

    #[test]
    fn pending_polls_add_up_and_a_poll_under_way_counts() {
        let mut count = PollCount::default();
        for n in 1..=1_000 {
            assert!(count.enter());
            assert!(count.is_mid_poll());
            assert_eq!(count.polls(), n);
            count.leave();
            assert!(!count.is_mid_poll());
            assert_eq!(count.polls(), n);
        }
    }

    #[test]
    fn completion_is_final() {
        let mut count = PollCount::default();
        count.enter();
        count.leave();
        count.enter();
        count.complete();
        assert_eq!(
            (count.polls(), count.is_mid_poll(), count.is_done()),
            (2, false, true)
        );
        for _ in 0..3 {
            assert!(!count.enter(), "a finished future takes the slow path");
            count.refuse();
            assert_eq!((count.polls(), count.is_done()), (2, true));
        }
    }

    #[test]
    fn the_slow_path_counts_alike() {
        let mut count = PollCount::default();
        count.require_slow_path();
        assert!(!count.enter());
        assert_eq!(
            (count.polls(), count.is_mid_poll(), count.is_done()),
            (1, true, false)
        );
        count.leave();
        assert!(!count.enter());
        count.complete();
        assert_eq!(
            (count.polls(), count.is_mid_poll(), count.is_done()),
            (2, false, true)
        );
    }
}

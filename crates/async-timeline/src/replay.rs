//! Puts a lane's events together into states. Any sequence of events gives a lane: spans without
//! gaps and overlaps, in order.

use std::time::Duration;

use crate::clock::Stamp;
use crate::event::{LockId, PollOutcome, What};
use crate::lane::{Ending, Lane, LaneKind, LockUse, Mark, Span, State};

pub(crate) struct Replay {
    lane: Lane,
    budget: Duration,
    /// What it does now and since when; `None` before its creation and after its end.
    now: Option<(State, Stamp)>,
    /// Woken since its last poll began.
    woken: bool,
    locks: Vec<LockId>,
    latest: Stamp,
}

impl Replay {
    pub(crate) fn new(name: &str, kind: LaneKind, budget: Duration) -> Self {
        Self {
            lane: Lane {
                name: name.to_owned(),
                kind,
                spans: Vec::new(),
                endings: Vec::new(),
                wakes: Vec::new(),
                polls: 0,
                locks: Vec::new(),
                marks: Vec::new(),
            },
            budget: if kind == LaneKind::Blocking {
                Duration::MAX
            } else {
                budget
            },
            now: None,
            woken: false,
            locks: Vec::new(),
            latest: Stamp::default(),
        }
    }

    pub(crate) fn event(&mut self, stamp: Stamp, what: &What) {
        let stamp = self.in_order(stamp);
        match what {
            What::Created => self.go(stamp, Some(State::Unstarted)),
            What::PollStart => {
                self.woken = false;
                self.lane.polls += 1;
                self.go(stamp, Some(State::Running));
            }
            What::PollEnd(outcome) => self.poll_end(stamp, *outcome),
            What::Woken => self.wake(stamp),
            What::Dropped => self.end(stamp, Ending::Cancelled),
            What::Closed => self.end(stamp, Ending::Closed),
            What::LockWanted(id, name) => {
                self.locks.push(*id);
                self.lane.locks.push(LockUse {
                    name: name.clone().into_owned(),
                    wanted: stamp.at,
                    taken: None,
                    gone: None,
                });
            }
            What::LockTaken(id) => {
                if let Some(lock) = self.lock(*id) {
                    lock.taken = Some(stamp.at);
                }
            }
            What::LockGone(id) => {
                if let Some(lock) = self.lock(*id) {
                    lock.gone = Some(stamp.at);
                }
            }
            What::Mark(text) => self.lane.marks.push(Mark {
                at: stamp.at,
                text: text.clone().into_owned(),
            }),
        }
    }

    /// What is known at the end of the recording.
    pub(crate) fn finish(mut self, end: Stamp) -> Lane {
        let end = self.in_order(end);
        if let Some((state, since)) = self.now.take() {
            self.push(state, since, end, true);
        }
        self.lane
    }

    /// Stamps come from several threads; none may stand before its predecessor.
    fn in_order(&mut self, stamp: Stamp) -> Stamp {
        self.latest.at = self.latest.at.max(stamp.at);
        self.latest.real = self.latest.real.max(stamp.real);
        self.latest
    }

    fn lock(&mut self, id: LockId) -> Option<&mut LockUse> {
        let place = self.locks.iter().rposition(|lock| *lock == id)?;
        self.lane
            .locks
            .get_mut(place)
            .filter(|lock| lock.gone.is_none())
    }

    fn poll_end(&mut self, stamp: Stamp, outcome: PollOutcome) {
        match outcome {
            PollOutcome::Pending if self.woken => self.go(stamp, Some(State::Ready)),
            PollOutcome::Pending => self.go(stamp, Some(State::Waiting)),
            PollOutcome::Ready => self.end(stamp, Ending::Completed),
            PollOutcome::Panicked => self.end(stamp, Ending::Panicked),
        }
    }

    fn wake(&mut self, stamp: Stamp) {
        // A waker may outlive its future; a wake that reaches nobody is nothing to show.
        let Some((state, _)) = self.now else { return };
        self.lane.wakes.push(stamp.at);
        self.woken = true;
        if state == State::Waiting {
            self.go(stamp, Some(State::Ready));
        }
    }

    fn end(&mut self, stamp: Stamp, ending: Ending) {
        self.go(stamp, None);
        self.lane.endings.push((stamp.at, ending));
    }

    fn go(&mut self, stamp: Stamp, next: Option<State>) {
        if let Some((state, since)) = self.now.take() {
            self.push(state, since, stamp, false);
        }
        self.now = next.map(|state| (state, stamp));
    }

    fn push(&mut self, state: State, from: Stamp, to: Stamp, open: bool) {
        let real = to.real.saturating_sub(from.real);
        // A state of no length says nothing, but for a poll and for how a lane was left.
        if from.at == to.at && !state.is_poll() && !open {
            return;
        }
        let state = if state == State::Running && real >= self.budget {
            State::Blocked
        } else {
            state
        };
        self.lane.spans.push(Span {
            state,
            from: from.at,
            to: to.at,
            real,
            open,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: Duration = Duration::from_millis(100);

    fn stamp(ms: u64) -> Stamp {
        Stamp {
            at: Duration::from_millis(ms),
            real: Duration::from_millis(ms),
        }
    }

    fn replay(events: &[(u64, What)], end: u64) -> Lane {
        let mut replay = Replay::new("lane", LaneKind::Future, BUDGET);
        for (ms, what) in events {
            replay.event(stamp(*ms), what);
        }
        replay.finish(stamp(end))
    }

    fn states(lane: &Lane) -> Vec<(State, u128, u128)> {
        let spans = lane.spans.iter();
        spans
            .map(|span| (span.state, span.from.as_millis(), span.to.as_millis()))
            .collect()
    }

    use PollOutcome::{Panicked, Pending, Ready};
    use What::{Created, Dropped, LockGone, LockTaken, LockWanted, PollEnd, PollStart, Woken};

    #[test]
    fn from_creation_to_completion() {
        let events = [
            (0, Created),
            (5, PollStart),
            (6, PollEnd(Pending)),
            (20, Woken),
            (30, PollStart),
            (31, PollEnd(Ready)),
        ];
        let lane = replay(&events, 50);
        assert_eq!(
            states(&lane),
            [
                (State::Unstarted, 0, 5),
                (State::Running, 5, 6),
                (State::Waiting, 6, 20),
                (State::Ready, 20, 30),
                (State::Running, 30, 31),
            ]
        );
        assert_eq!(
            lane.endings,
            [(Duration::from_millis(31), Ending::Completed)]
        );
        assert_eq!((lane.polls, lane.wakes.len()), (2, 1));
        assert_eq!(lane.left_in(), None);
    }

    #[test]
    fn a_wake_inside_of_a_poll_counts_from_its_end() {
        let events = [
            (0, Created),
            (0, PollStart),
            (1, Woken),
            (2, PollEnd(Pending)),
        ];
        let lane = replay(&events, 9);
        assert_eq!(
            states(&lane),
            [(State::Running, 0, 2), (State::Ready, 2, 9)]
        );
        assert_eq!(lane.left_in(), Some(State::Ready));
    }

    #[test]
    fn a_wake_before_a_poll_is_used_up_by_it() {
        let events = [
            (0, Created),
            (0, PollStart),
            (0, PollEnd(Pending)),
            (1, Woken),
            (2, PollStart),
            (2, PollEnd(Pending)),
        ];
        assert_eq!(replay(&events, 9).left_in(), Some(State::Waiting));
    }

    #[test]
    fn never_polled_and_dropped() {
        let lane = replay(&[(0, Created), (7, Dropped)], 9);
        assert_eq!(states(&lane), [(State::Unstarted, 0, 7)]);
        assert_eq!(lane.ending(), Some(Ending::Cancelled));
        assert_eq!(lane.polls, 0);
    }

    #[test]
    fn a_long_poll_is_blocked_and_one_that_goes_on_as_well() {
        let events = [
            (0, Created),
            (0, PollStart),
            (100, PollEnd(Pending)),
            (110, PollStart),
        ];
        let lane = replay(&events, 300);
        assert_eq!(
            states(&lane),
            [
                (State::Blocked, 0, 100),
                (State::Waiting, 100, 110),
                (State::Blocked, 110, 300),
            ]
        );
        assert_eq!(lane.left_in(), Some(State::Blocked));
        assert_eq!(lane.longest_poll(), Duration::from_millis(190));
    }

    #[test]
    fn on_paused_time_a_block_is_of_no_length_and_knows_its_own() {
        let mut replay = Replay::new("lane", LaneKind::Future, BUDGET);
        let start = stamp(3);
        let end = Stamp {
            real: start.real + Duration::from_secs(1),
            ..start
        };
        replay.event(start, &Created);
        replay.event(start, &PollStart);
        replay.event(end, &PollEnd(Ready));
        let lane = replay.finish(end);
        assert_eq!(states(&lane), [(State::Blocked, 3, 3)]);
        assert_eq!(lane.spans[0].real, Duration::from_secs(1));
    }

    #[test]
    fn a_closure_on_a_blocking_thread_has_no_budget() {
        let mut replay = Replay::new("lane", LaneKind::Blocking, BUDGET);
        replay.event(stamp(0), &PollStart);
        replay.event(stamp(5_000), &PollEnd(Ready));
        assert_eq!(
            states(&replay.finish(stamp(5_000))),
            [(State::Running, 0, 5_000)]
        );
    }

    #[test]
    fn polled_after_completion() {
        let events = [
            (0, Created),
            (0, PollStart),
            (0, PollEnd(Ready)),
            (8, PollStart),
            (8, PollEnd(Panicked)),
        ];
        let lane = replay(&events, 9);
        let ms = Duration::from_millis;
        assert_eq!(
            lane.endings,
            [(ms(0), Ending::Completed), (ms(8), Ending::Panicked)]
        );
        assert_eq!(
            states(&lane),
            [(State::Running, 0, 0), (State::Running, 8, 8)]
        );
    }

    #[test]
    fn locks_are_waited_for_held_given_back_or_given_up() {
        let wanted = |id| LockWanted(LockId(id), "pool".into());
        let events = [
            (0, Created),
            (1, wanted(1)),
            (2, LockTaken(LockId(1))),
            (3, wanted(2)),
            (4, LockGone(LockId(1))),
            (5, LockGone(LockId(2))),
            (6, LockGone(LockId(2))),
            (7, LockTaken(LockId(9))),
        ];
        let ms = Duration::from_millis;
        let locks = replay(&events, 9).locks;
        let times: Vec<_> = locks.iter().map(|l| (l.wanted, l.taken, l.gone)).collect();
        assert_eq!(
            times,
            [
                (ms(1), Some(ms(2)), Some(ms(4))),
                (ms(3), None, Some(ms(5))),
            ]
        );
    }

    #[test]
    fn a_wake_after_the_end_is_nothing_to_show() {
        let lane = replay(&[(0, Created), (1, Dropped), (2, Woken)], 9);
        assert!(lane.wakes.is_empty());
        assert_eq!(lane.left_in(), None);
    }
}

//! Lanes in words, for those who do not see the picture.

use std::fmt::Write as _;
use std::time::Duration;

use crate::lane::{Ending, Lane, State};
use crate::units::short;

/// More lanes than this are counted and not told.
const TOLD: usize = 12;

/// All lanes, a sentence each.
pub(crate) fn recording(lanes: &[Lane], end: Duration) -> String {
    let mut text = match lanes.len() {
        0 => "Nothing was recorded.".to_owned(),
        1 => format!("1 lane over {}.", short(end)),
        count => format!("{count} lanes over {}.", short(end)),
    };
    for told in lanes.iter().take(TOLD) {
        // Writing to a String cannot fail.
        let _ = write!(text, " {}", lane(told));
    }
    if lanes.len() > TOLD {
        let _ = write!(text, " And {} more.", lanes.len() - TOLD);
    }
    text
}

/// One lane: "sync: polled once; waiting 40 ms; woken and not polled when the recording ended."
pub(crate) fn lane(lane: &Lane) -> String {
    let mut parts = vec![match lane.polls {
        0 => "never polled".to_owned(),
        1 => "polled once".to_owned(),
        polls => format!("polled {polls} times"),
    }];
    for state in [
        State::Unstarted,
        State::Running,
        State::Waiting,
        State::Ready,
    ] {
        let time = lane.time_in(state);
        if !time.is_zero() {
            parts.push(format!("{} {}", state.name(), short(time)));
        }
    }
    if lane.spans.iter().any(|span| span.state == State::Blocked) {
        parts.push(format!(
            "blocked its thread for {}",
            short(lane.longest_poll())
        ));
    }
    parts.extend(endings(lane));
    if let Some(state) = lane.left_in() {
        parts.push(format!("still {} at the end", state.name()));
    }
    format!("{}: {}.", lane.name, parts.join("; "))
}

/// A lane that stands for many futures is told by numbers.
fn endings(lane: &Lane) -> Vec<String> {
    if lane.endings.len() <= 3 {
        let endings = lane.endings.iter();
        return endings
            .map(|(at, ending)| format!("{} at {}", ending.name(), short(*at)))
            .collect();
    }
    let count = |ending| {
        let such = lane.endings.iter().filter(|(_, other)| *other == ending);
        (ending, such.count())
    };
    let told = Ending::ALL.into_iter().map(count);
    told.filter(|(_, count)| *count > 0)
        .map(|(ending, count)| format!("{} {count} times", ending.name()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stamp;
    use crate::event::{PollOutcome, What};
    use crate::lane::LaneKind;
    use crate::replay::Replay;

    fn stamp(ms: u64) -> Stamp {
        let at = Duration::from_millis(ms);
        Stamp { at, real: at }
    }

    fn sync() -> Lane {
        let mut sync = Replay::new("sync", LaneKind::Future, Duration::MAX);
        sync.event(stamp(10), &What::Created);
        sync.event(stamp(10), &What::PollStart);
        sync.event(stamp(10), &What::PollEnd(PollOutcome::Pending));
        sync.event(stamp(50), &What::Woken);
        sync.finish(stamp(60))
    }

    #[test]
    fn a_lane_is_a_sentence() {
        assert_eq!(
            lane(&sync()),
            "sync: polled once; waiting 40 ms; ready, not polled 10 ms; still ready, not polled at \
             the end."
        );
    }

    #[test]
    fn many_lanes_are_counted() {
        let text = recording(&vec![sync(); 20], Duration::from_millis(60));
        assert!(text.starts_with("20 lanes over 60 ms. sync: "), "{text}");
        assert!(text.ends_with("And 8 more."), "{text}");
        assert_eq!(recording(&[], Duration::ZERO), "Nothing was recorded.");
    }
}

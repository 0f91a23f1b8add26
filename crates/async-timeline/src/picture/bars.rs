//! A lane's spans as bars side by side. No two overlap, and a poll of no length can be seen.

use std::time::Duration;

use crate::lane::{Span, State};
use crate::picture::scale::{Scale, Tenths};

/// The least width of a poll, in tenths.
const POLL: i64 = 30;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) state: State,
    pub(super) x: Tenths,
    pub(super) to_x: Tenths,
    pub(super) from: Duration,
    pub(super) to: Duration,
    /// The longest of its polls by real time.
    pub(super) real: Duration,
    /// The polls that stand here, because they are too near to each other for bars of their own.
    pub(super) polls: u32,
    pub(super) open: bool,
}

/// A bar is where its span is, give or take the width of a poll.
pub(super) fn of(spans: &[Span], scale: &Scale) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for span in spans {
        let begins = scale.x(span.from);
        let to_x = if span.open {
            scale.right()
        } else {
            scale.x(span.to)
        };
        let taken = bars.last().map_or(begins, |last| last.to_x);
        let x = begins.max(taken);
        if span.state.is_poll() {
            match bars.last_mut() {
                Some(last) if last.state.is_poll() && to_x <= taken => merge(last, span),
                _ => bars.push(new(span, x, to_x.max(Tenths(x.0 + POLL)))),
            }
        } else if to_x > x {
            bars.push(new(span, x, to_x));
        }
    }
    bars
}

fn new(span: &Span, x: Tenths, to_x: Tenths) -> Bar {
    Bar {
        state: span.state,
        x,
        to_x,
        from: span.from,
        to: span.to,
        real: span.real,
        polls: u32::from(span.state.is_poll()),
        open: span.open,
    }
}

fn merge(last: &mut Bar, span: &Span) {
    last.to = last.to.max(span.to);
    last.real = last.real.max(span.real);
    last.polls += 1;
    if span.state == State::Blocked {
        last.state = State::Blocked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(state: State, from: u64, to: u64) -> Span {
        let ms = Duration::from_millis;
        Span {
            state,
            from: ms(from),
            to: ms(to),
            real: ms(to - from),
            open: false,
        }
    }

    fn bars(spans: &[Span]) -> Vec<Bar> {
        let scale = Scale::new(&[], Duration::from_millis(100), 720.0);
        of(spans, &scale)
    }

    #[test]
    fn a_poll_of_no_length_can_be_seen() {
        let bars = bars(&[span(State::Running, 10, 10), span(State::Waiting, 10, 20)]);
        assert_eq!(bars[0].to_x.0 - bars[0].x.0, POLL);
        assert_eq!(bars[1].x, bars[0].to_x);
    }

    #[test]
    fn polls_at_one_place_share_a_box() {
        let spans = [
            span(State::Running, 10, 10),
            span(State::Running, 10, 10),
            span(State::Blocked, 10, 10),
        ];
        let bars = bars(&spans);
        assert_eq!(bars.len(), 1);
        assert_eq!((bars[0].polls, bars[0].state), (3, State::Blocked));
    }

    #[test]
    fn a_wait_of_no_length_is_left_out_wherever_it_is() {
        let spans = [
            span(State::Running, 10, 11),
            span(State::Waiting, 50, 50),
            span(State::Waiting, 50, 60),
        ];
        let bars = bars(&spans);
        assert_eq!(bars.len(), 2);
        assert!(bars.iter().all(|bar| bar.x < bar.to_x));
    }

    #[test]
    fn what_is_narrower_than_a_poll_beside_it_is_left_out() {
        let spans = [
            span(State::Running, 10, 10),
            Span {
                to: Duration::from_micros(10_001),
                ..span(State::Waiting, 10, 10)
            },
            span(State::Running, 11, 30),
        ];
        let bars = bars(&spans);
        let states: Vec<State> = bars.iter().map(|one| one.state).collect();
        assert_eq!(states, [State::Running, State::Running]);
    }
}

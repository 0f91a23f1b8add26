//! From times to places. Places are whole tenths of a unit, so that what touches does not overlap.

use std::time::Duration;

use crate::lane::Lane;
use crate::picture::text;
use crate::units;

/// A place on the axis, in tenths of an SVG unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tenths(pub(super) i64);

impl Tenths {
    pub(super) fn units(self) -> f64 {
        self.0 as f64 / 10.0
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "pictures are not that wide"
    )]
    fn from_units(units: f64) -> Self {
        Self((units * 10.0).round() as i64)
    }
}

/// Names take at most so much of the picture.
const NAMES: f64 = 200.0;
/// What is drawn beyond the end, where lanes are still alive.
const TAIL: f64 = 72.0;
/// The fewest units between two labels.
const LABEL: f64 = 76.0;

pub(super) struct Scale {
    /// Where the names end and the time begins.
    left: f64,
    /// Where the recording ends.
    end_x: f64,
    /// Where the picture ends.
    right: f64,
    end: Duration,
    pub(super) has_tail: bool,
}

impl Scale {
    pub(super) fn new(lanes: &[Lane], end: Duration, right: f64) -> Self {
        let widest = lanes.iter().map(|lane| text::width(&lane.name));
        let left = widest.fold(40.0, f64::max).min(NAMES) + 20.0;
        let has_tail = lanes.iter().any(|lane| lane.left_in().is_some());
        Self {
            left,
            // Without a tail there is still room for the mark of an ending.
            end_x: right - if has_tail { TAIL } else { 10.0 },
            right,
            end,
            has_tail,
        }
    }

    pub(super) fn names(&self) -> f64 {
        self.left - 18.0
    }

    pub(super) fn x(&self, at: Duration) -> Tenths {
        let whole = self.end.as_nanos().max(1) as f64;
        let part = at.as_nanos() as f64 / whole;
        Tenths::from_units(self.left + part.min(1.0) * (self.end_x - self.left))
    }

    pub(super) fn left(&self) -> Tenths {
        Tenths::from_units(self.left)
    }

    pub(super) fn end(&self) -> Tenths {
        Tenths::from_units(self.end_x)
    }

    pub(super) fn right(&self) -> Tenths {
        Tenths::from_units(self.right)
    }

    /// The labels of the axis and where they stand: multiples of 1, 2 or 5 × a power of ten.
    pub(super) fn ticks(&self) -> Vec<(Tenths, String)> {
        let end = self.end.as_nanos();
        let at_most = ((self.end_x - self.left) / LABEL).max(1.0);
        let step = step(end as f64 / at_most);
        (0..=end / step)
            .map(|count| {
                let nanos = u64::try_from(count * step).unwrap_or(u64::MAX);
                let at = Duration::from_nanos(nanos);
                (self.x(at), units::multiple(count, step))
            })
            .collect()
    }
}

/// The smallest of 1, 2 and 5 × a power of ten that is not below `least`, in nanoseconds.
fn step(least: f64) -> u128 {
    let mut power = 1_u128;
    loop {
        for factor in [1, 2, 5] {
            if (power * factor) as f64 >= least {
                return power * factor;
            }
        }
        power *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(step(0.0), 1);
        assert_eq!(step(3.0), 5);
        assert_eq!(step(11_000_000.0), 20_000_000);
        assert_eq!(step(600e9), 1_000_000_000_000);
    }

    #[test]
    fn ticks_are_few_and_in_one_unit() {
        let scale = Scale::new(&[], Duration::from_millis(70), 720.0);
        let labels: Vec<String> = scale.ticks().into_iter().map(|(_, label)| label).collect();
        assert_eq!(
            labels,
            [
                "0 ms", "10 ms", "20 ms", "30 ms", "40 ms", "50 ms", "60 ms", "70 ms"
            ]
        );
    }

    #[test]
    fn nothing_recorded_has_one_tick() {
        let scale = Scale::new(&[], Duration::ZERO, 720.0);
        assert_eq!(scale.ticks().len(), 1);
        assert_eq!(scale.x(Duration::ZERO), scale.left());
    }
}

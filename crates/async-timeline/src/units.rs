//! Times as people write them.

use std::time::Duration;

const UNITS: [(u128, &str); 4] = [
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "µs"),
    (1, "ns"),
];

/// Three digits and a unit: `1.5 s`, `20 ms`.
pub(crate) fn short(time: Duration) -> String {
    let nanos = time.as_nanos();
    if nanos == 0 {
        return "0 ms".to_owned();
    }
    let (one, name) = unit_of(nanos);
    let value = nanos as f64 / one as f64;
    let digits = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let text = if digits == 0 {
        text.as_str()
    } else {
        text.trim_end_matches('0').trim_end_matches('.')
    };
    format!("{text} {name}")
}

/// A multiple of a step, in the step's unit, so that the labels of one axis have one unit.
pub(crate) fn multiple(count: u128, step: u128) -> String {
    let (one, name) = unit_of(step);
    format!("{} {name}", count * step / one)
}

fn unit_of(nanos: u128) -> (u128, &'static str) {
    let fitting = UNITS.into_iter().find(|(one, _)| nanos >= *one);
    fitting.unwrap_or((1, "ns"))
}

/// The nearest multiple of `unit`; the time itself where that is zero.
pub(crate) fn round(time: Duration, unit: Duration) -> Duration {
    let unit = unit.as_nanos();
    if unit == 0 {
        return time;
    }
    let count = (time.as_nanos() + unit / 2) / unit;
    u64::try_from(count * unit).map_or(time, Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        let texts = [
            (0, "0 ms"),
            (1, "1 ns"),
            (1_500, "1.5 µs"),
            (20_000_000, "20 ms"),
            (20_540_000, "20.5 ms"),
            (999_600_000, "1000 ms"),
            (1_500_000_000, "1.5 s"),
            (600_000_000_000, "600 s"),
        ];
        for (nanos, text) in texts {
            assert_eq!(short(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn an_axis_has_one_unit() {
        assert_eq!(multiple(3, 500_000_000), "1500 ms");
        assert_eq!(multiple(3, 1_000_000_000), "3 s");
    }

    #[test]
    fn rounded_to_the_nearest() {
        let ms = Duration::from_millis;
        assert_eq!(round(ms(1_549), ms(100)), ms(1_500));
        assert_eq!(round(ms(1_550), ms(100)), ms(1_600));
        assert_eq!(round(ms(1_549), Duration::ZERO), ms(1_549));
        assert_eq!(round(Duration::MAX, ms(100)), Duration::MAX);
    }
}

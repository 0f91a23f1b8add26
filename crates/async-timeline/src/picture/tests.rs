//! The whole picture: a golden one, and any sequence of events.

use std::time::Duration;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};

use super::*;
use crate::clock::Stamp;
use crate::event::{Event, LaneId, LockId, PollOutcome, What};
use crate::lane::LaneKind;
use crate::recorder::{LaneHead, Log};

fn stamp(ms: u64) -> Stamp {
    let at = Duration::from_millis(ms);
    Stamp { at, real: at }
}

fn recording(names: &[&str], events: Vec<(u32, u64, What)>, end: u64) -> Recording {
    let mut log = Log::default();
    log.lanes.extend(names.iter().map(|name| LaneHead {
        name: (*name).to_owned().into(),
        kind: LaneKind::Future,
    }));
    log.events
        .extend(events.into_iter().map(|(lane, ms, what)| Event {
            lane: LaneId(lane),
            stamp: stamp(ms),
            what,
        }));
    Recording::new(log, stamp(end), Duration::from_millis(25))
}

/// One of everything: what a change of the drawing changes is seen in this file.
#[test]
fn golden() {
    use PollOutcome::{Panicked, Pending, Ready};
    use What::{
        Created, Dropped, LockGone, LockTaken, LockWanted, Mark, PollEnd, PollStart, Woken,
    };
    let lock = || LockWanted(LockId(1), "connection".into());
    let other = || LockWanted(LockId(2), "connection".into());
    let events = vec![
        (0, 0, Created),
        (0, 0, PollStart),
        (0, 0, lock()),
        (0, 0, LockTaken(LockId(1))),
        (0, 0, PollEnd(Pending)),
        (1, 10, Created),
        (1, 10, PollStart),
        (1, 10, other()),
        (1, 10, PollEnd(Pending)),
        (0, 50, Woken),
        (0, 50, PollStart),
        (0, 50, LockGone(LockId(1))),
        (1, 50, Woken),
        (0, 50, PollEnd(Ready)),
        (2, 20, Created),
        (2, 60, Dropped),
        (3, 5, Created),
        (3, 15, PollStart),
        (3, 20, Mark("<half> & \"way\"".into())),
        (3, 45, PollEnd(Pending)),
        (3, 70, PollStart),
        (3, 75, PollEnd(Panicked)),
    ];
    let names = [
        "upload",
        "sync",
        "never polled",
        "a lane with quite a long name, longer than room",
    ];
    let recording = recording(&names, events, 80);
    let drawn = Picture::new(&recording)
        .title("One of everything")
        .to_string();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden.svg");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &drawn).expect("the golden picture can be written");
    }
    let golden = std::fs::read_to_string(file).expect("the golden picture is there");
    assert_eq!(drawn, golden, "BLESS=1 writes {file} anew; look at it");
}

#[test]
fn an_empty_recording_is_a_picture() {
    let recording = Recording::default();
    let seen = Seen::of(&Picture::new(&recording).to_string());
    assert!(seen.texts > 0);
    assert!(seen.bars.is_empty());
}

#[test]
fn what_is_not_drawn_is_said() {
    let events = (0..50).map(|lane| (lane, 0, What::Created)).collect();
    let names = vec!["lane"; 50];
    let recording = recording(&names, events, 10);
    let drawn = Picture::new(&recording).max_lanes(3).to_string();
    assert!(drawn.contains("47 more lanes are not drawn"), "{drawn}");
    assert_eq!(Seen::of(&drawn).bars.len(), 3);
}

#[test]
fn lanes_of_one_name_share_a_row_one_after_the_other() {
    use What::{Created, Dropped};
    let events = vec![
        (0, 0, Created),
        (0, 10, Dropped),
        (1, 10, Created),
        (2, 15, Created),
        (1, 20, Dropped),
        (3, 20, Created),
    ];
    let recording = recording(&["timer", "timer", "timer", "other"], events, 30);
    let picture = Picture::new(&recording).rows_by_name();
    // The third begins before the second has ended.
    let bars: Vec<usize> = Seen::of(&picture.to_string())
        .bars
        .iter()
        .map(Vec::len)
        .collect();
    assert_eq!(bars, [2, 1, 1]);
}

#[test]
fn its_alternative_text_is_named_by_ids_of_its_own() {
    let recording = recording(&["a"], vec![(0, 0, What::Created)], 10);
    let drawn = Picture::new(&recording)
        .id("futurelock")
        .title("<a> & b")
        .to_string();
    assert!(
        drawn.contains(r#"aria-labelledby="timeline-futurelock-title timeline-futurelock-desc""#)
    );
    assert!(drawn.contains(r#"<title id="timeline-futurelock-title">&lt;a&gt; &amp; b</title>"#));
    assert!(drawn.contains(r#"<desc id="timeline-futurelock-desc">"#));
    assert!(drawn.contains(r#"role="img""#));
    assert!(
        !drawn.contains("\n\n"),
        "an empty line would end a block of HTML in Markdown"
    );
}

/// A picture, read back.
#[derive(Default)]
struct Seen {
    /// The bars of each lane, from left to right edge, in tenths.
    bars: Vec<Vec<(i64, i64)>>,
    texts: usize,
}

impl Seen {
    /// Reads to the end, so that whatever is not well-formed fails.
    fn of(svg: &str) -> Self {
        let mut seen = Self::default();
        let mut reader = Reader::from_str(svg);
        reader.config_mut().check_comments = true;
        let mut in_lane = 0;
        loop {
            match reader.read_event().expect("the picture is well-formed") {
                Xml::Start(start)
                    if start.name().as_ref() == b"g" && (in_lane > 0 || is_lane(&start)) =>
                {
                    if in_lane == 0 {
                        seen.bars.push(Vec::new());
                    }
                    in_lane += 1;
                }
                Xml::End(end) if end.name().as_ref() == b"g" && in_lane > 0 => in_lane -= 1,
                Xml::Empty(empty) if empty.name().as_ref() == b"rect" && in_lane > 0 => {
                    let number = |name| attribute(&empty, name).unwrap().parse::<f64>().unwrap();
                    let (x, wide) = (number("x"), number("width"));
                    let lane = seen.bars.last_mut().unwrap();
                    lane.push((tenths(x), tenths(x) + tenths(wide)));
                }
                Xml::Start(start) | Xml::Empty(start) => {
                    for attribute in start.attributes() {
                        attribute.expect("attributes are well-formed and there once");
                    }
                }
                Xml::Text(text) => {
                    text.decode().expect("text is UTF-8");
                    seen.texts += 1;
                }
                Xml::Eof => return seen,
                _ => {}
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "pictures are not that wide"
)]
fn tenths(units: f64) -> i64 {
    (units * 10.0).round() as i64
}

fn is_lane(start: &BytesStart<'_>) -> bool {
    attribute(start, "class").as_deref() == Some("tl-lane")
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start
        .try_get_attribute(name)
        .expect("attributes are well-formed")?;
    Some(String::from_utf8(attribute.value.into_owned()).expect("attributes are UTF-8"))
}

fn any_what() -> impl Strategy<Value = What> {
    let lock = (0..4_u32).prop_map(LockId);
    prop_oneof![
        Just(What::Created),
        Just(What::PollStart),
        Just(What::PollEnd(PollOutcome::Pending)),
        Just(What::PollEnd(PollOutcome::Ready)),
        Just(What::PollEnd(PollOutcome::Panicked)),
        Just(What::Woken),
        Just(What::Dropped),
        Just(What::Closed),
        (lock.clone(), any_text()).prop_map(|(id, name)| What::LockWanted(id, name.into())),
        lock.clone().prop_map(What::LockTaken),
        lock.prop_map(What::LockGone),
        any_text().prop_map(|text| What::Mark(text.into())),
    ]
}

/// With what XML gives a meaning to, and what it cannot hold.
fn any_text() -> impl Strategy<Value = String> {
    let letters = prop_oneof![
        Just('<'),
        Just('>'),
        Just('&'),
        Just('"'),
        Just('\''),
        Just(']'),
        Just('\0'),
        Just('\n'),
        Just('\u{ffff}'),
        any::<char>(),
    ];
    proptest::collection::vec(letters, 0..12).prop_map(String::from_iter)
}

fn any_recording() -> impl Strategy<Value = Recording> {
    let names = proptest::collection::vec(any_text(), 0..5);
    // Lanes that are not there and times that go back are in it as well.
    let event = (0..6_u32, prop_oneof![0..50_u64, 0..100_000_u64], any_what());
    let events = proptest::collection::vec(event, 0..80);
    (
        names,
        events,
        0..200_000_u64,
        prop_oneof![Just(0), 1..5_000_u64],
    )
        .prop_map(|(names, events, end, unit)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            recording(&names, events, end).rounded(Duration::from_millis(unit))
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn any_events_are_a_well_formed_picture_without_overlaps(recording in any_recording()) {
        let picture = Picture::new(&recording).title("any").width(400);
        let seen = Seen::of(&picture.to_string());
        prop_assert_eq!(seen.bars.len(), recording.lanes().len());
        let joined = Seen::of(&picture.rows_by_name().to_string());
        for lane in seen.bars.iter().chain(&joined.bars) {
            for bar in lane {
                prop_assert!(bar.0 < bar.1, "{lane:?}");
                prop_assert!(bar.0 >= 0 && bar.1 <= 4_000, "{lane:?}");
            }
            for two in lane.windows(2) {
                prop_assert!(two[0].1 <= two[1].0, "{lane:?}");
            }
        }
    }

    #[test]
    fn any_events_are_spans_in_order_without_gaps(recording in any_recording()) {
        for lane in recording.lanes() {
            for span in &lane.spans {
                prop_assert!(span.from <= span.to, "{span:?}");
            }
            for two in lane.spans.windows(2) {
                prop_assert!(two[0].to <= two[1].from, "{two:?}");
                prop_assert!(!two[0].open, "{two:?}");
            }
        }
    }

    #[test]
    fn any_events_are_a_trace_that_can_be_read(recording in any_recording()) {
        let trace: serde_json::Value =
            serde_json::from_str(&crate::chrome_trace(&recording)).unwrap();
        let entries = trace["traceEvents"].as_array().unwrap();
        for entry in entries {
            prop_assert!(entry["ts"].as_f64().unwrap() >= 0.0);
        }
    }
}

//! Which lanes share a row.

use std::time::Duration;

use crate::lane::Lane;

/// Joins each lane to the last one of its name, if that has ended by then.
pub(super) fn by_name(lanes: Vec<Lane>) -> Vec<Lane> {
    let mut rows: Vec<Lane> = Vec::new();
    for lane in lanes {
        let begins = begins(&lane);
        let ended = |row: &&mut Lane| {
            row.name == lane.name
                && row.kind == lane.kind
                && ends(row).is_some_and(|end| end <= begins)
        };
        match rows.iter_mut().find(ended) {
            Some(row) => join(row, lane),
            None => rows.push(lane),
        }
    }
    rows
}

fn begins(lane: &Lane) -> Duration {
    let span = lane.spans.first().map(|span| span.from);
    let ending = lane.endings.first().map(|(at, _)| *at);
    span.or(ending).unwrap_or_default()
}

/// When nothing more comes: not for a lane that is still alive.
fn ends(lane: &Lane) -> Option<Duration> {
    let ending = lane.endings.last().map(|(at, _)| *at)?;
    lane.left_in().is_none().then_some(ending)
}

fn join(row: &mut Lane, lane: Lane) {
    row.spans.extend(lane.spans);
    row.endings.extend(lane.endings);
    row.wakes.extend(lane.wakes);
    row.locks.extend(lane.locks);
    row.marks.extend(lane.marks);
    row.polls += lane.polls;
}

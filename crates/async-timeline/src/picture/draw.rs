//! Lanes, grid and axis.

use std::fmt::Write as _;

use svg::node::element::path::Data;
use svg::node::element::{Group, Path, Rectangle, Text, Title};

use crate::describe;
use crate::lane::{Ending, Lane, LockUse, State};
use crate::picture::bars::{self, Bar};
use crate::picture::scale::{Scale, Tenths};
use crate::picture::text;
use crate::units::short;

/// The height of a lane's bars; that of single states is in `height`.
const BAR: f64 = 18.0;
/// What stands below the bars: the lines of locks, and rows of words.
const LOCKS: f64 = 8.0;
const WORDS: f64 = 16.0;
const ROWS: usize = 3;
const GAP: f64 = 12.0;
const AXIS: f64 = 26.0;

pub(super) struct Canvas {
    scale: Scale,
    top: f64,
    /// Where the next lane goes.
    y: f64,
}

impl Canvas {
    pub(super) fn new(scale: Scale, top: f64) -> Self {
        Self {
            scale,
            top,
            // Wakes stand above the bars.
            y: top + 8.0,
        }
    }

    /// Where the axis ends.
    pub(super) fn bottom(&self) -> f64 {
        self.y + AXIS
    }

    pub(super) fn lane(&mut self, lane: &Lane) -> Group {
        let y = self.y;
        let name = text::shorten(&text::clean(&lane.name), self.scale.names());
        let mut group = Group::new()
            .set("class", "tl-lane")
            .add(Title::new(text::clean(&describe::lane(lane))))
            .add(words(6.0, y + 13.5, &name, ""));
        for one in bars::of(&lane.spans, &self.scale) {
            group = group.add(draw_bar(&one, y));
        }
        if !lane.wakes.is_empty() {
            group = group.add(self.wakes(lane, y));
        }
        group = group.add(self.endings(lane, y + BAR / 2.0));
        let mut below = y + BAR;
        if !lane.locks.is_empty() {
            for lock in &lane.locks {
                group = group.add(self.lock(lock, below + 5.0));
            }
            below += LOCKS;
        }
        let (rows, said) = self.words_below(lane, below);
        group = group.add(said);
        below += rows as f64 * WORDS;
        self.y = below + GAP;
        group
    }

    /// A triangle above the lane for each wake, one at a place.
    fn wakes(&self, lane: &Lane, y: f64) -> Path {
        let mut data = Data::new();
        let mut last = None;
        for at in &lane.wakes {
            let x = self.scale.x(*at).units();
            if last.is_some_and(|last: f64| x - last < 4.0) {
                continue;
            }
            last = Some(x);
            data = triangle(data, x, y - 1.5);
        }
        Path::new().set("class", "tl-wake").set("d", data)
    }

    /// A mark for each ending; of those that would cover each other every so many units one.
    fn endings(&self, lane: &Lane, y: f64) -> Group {
        let mut group = Group::new();
        for kind in Ending::ALL {
            let mut last = None;
            for (at, _) in lane.endings.iter().filter(|(_, ending)| *ending == kind) {
                let x = self.scale.x(*at).units();
                if last.is_none_or(|last: f64| x - last >= 10.0) {
                    last = Some(x);
                    group = group.add(mark_of(kind, x, y));
                }
            }
        }
        group
    }

    fn lock(&self, lock: &LockUse, y: f64) -> Group {
        let end = |at: Option<_>| at.map_or(self.scale.right(), |at| self.scale.x(at));
        let wanted = self.scale.x(lock.wanted);
        let got = end(lock.taken.or(lock.gone));
        let mut group = Group::new();
        if got > wanted {
            group = group.add(line(
                wanted,
                got,
                y,
                "tl-wants",
                &format!("waits for {}", lock.name),
            ));
        }
        if lock.taken.is_some() {
            // Held for no time is still to be seen.
            let gone = end(lock.gone).max(Tenths(got.0 + 20));
            group = group.add(line(
                got,
                gone,
                y,
                "tl-holds",
                &format!("holds {}", lock.name),
            ));
        }
        group
    }

    /// Words below the lane, each at its place in the first row with room for it. Those for which
    /// there is none are in the tooltips. Tells how many rows there are.
    fn words_below(&self, lane: &Lane, y: f64) -> (usize, Group) {
        let mut group = Group::new();
        for mark in &lane.marks {
            let x = self.scale.x(mark.at).units();
            let data = Data::new()
                .move_to((x, y - BAR - 2.0))
                .line_to((x, y + 4.0));
            group = group.add(path("tl-mark", data, &mark.text));
        }
        let mut rows: Vec<f64> = Vec::new();
        for (x, said) in self.words_of(lane) {
            let said = text::clean(&said);
            let wide = text::width(&said);
            let x = x.units().min(self.scale.right().units() - wide);
            let row = rows.iter().position(|free| *free <= x);
            let row = row.unwrap_or(rows.len());
            if row == ROWS {
                continue;
            }
            let free = x + wide + 8.0;
            match rows.get_mut(row) {
                Some(end) => *end = free,
                None => rows.push(free),
            }
            group = group.add(words(x, y + 14.5 + row as f64 * WORDS, &said, ""));
        }
        (rows.len(), group)
    }

    /// What there is to say about a lane, from left to right. What repeats itself is said once.
    fn words_of(&self, lane: &Lane) -> Vec<(Tenths, String)> {
        let blocked = lane
            .spans
            .iter()
            .filter(|span| span.state == State::Blocked);
        let blocked = blocked.map(|span| (span.from, format!("blocked for {}", short(span.real))));
        let locks = lane.locks.iter().map(|lock| match lock.taken {
            Some(taken) => (taken, format!("holds {}", lock.name)),
            None => (lock.wanted, format!("waits for {}", lock.name)),
        });
        let marks = lane.marks.iter().map(|mark| (mark.at, mark.text.clone()));
        let mut said: Vec<(Tenths, String)> = blocked
            .chain(locks)
            .chain(marks)
            .map(|(at, said)| (self.scale.x(at), said))
            .collect();
        said.sort_by_key(|(x, _)| *x);
        said.dedup_by(|next, last| next.1 == last.1);
        said
    }

    pub(super) fn grid(&self) -> Group {
        let mut group = Group::new();
        for (x, _) in self.scale.ticks() {
            group = group.add(upright(x, self.top, self.y, "tl-grid"));
        }
        if self.scale.has_tail {
            group = group.add(upright(self.scale.end(), self.top, self.y, "tl-end"));
        }
        group
    }

    pub(super) fn axis(&self) -> Group {
        let (left, right) = (self.scale.left().units(), self.scale.end().units());
        let data = Data::new().move_to((left, self.y)).line_to((right, self.y));
        let mut group = Group::new().add(Path::new().set("class", "tl-axis").set("d", data));
        for (x, label) in self.scale.ticks() {
            group = group.add(upright(x, self.y, self.y + 5.0, "tl-axis"));
            let x = x.units();
            // The last label must not stand out of the picture.
            let over = x + text::width(&label) / 2.0 > self.scale.right().units();
            let class = if over { "tl-last" } else { "tl-middle" };
            group = group.add(words(x, self.y + 19.0, &label, class));
        }
        group
    }
}

/// States differ in height and pattern, so that colour is not needed to tell them apart.
fn height(state: State) -> f64 {
    match state {
        State::Unstarted => 12.0,
        State::Running | State::Ready => BAR,
        State::Blocked => BAR + 4.0,
        State::Waiting => 5.0,
    }
}

pub(super) fn class(state: State) -> &'static str {
    match state {
        State::Unstarted => "tl-unstarted",
        State::Running => "tl-running",
        State::Blocked => "tl-blocked",
        State::Waiting => "tl-waiting",
        State::Ready => "tl-ready",
    }
}

fn draw_bar(one: &Bar, y: f64) -> Group {
    let mut said = format!("{}: {}", one.state.name(), stretch(one));
    if one.polls > 1 {
        // Writing to a String cannot fail.
        let _ = write!(said, ", {} polls", one.polls);
    }
    // Elsewhere it is the width of the bar, or noise: a paused picture is the same in each run.
    if one.state == State::Blocked {
        let _ = write!(said, ", {} by real time", short(one.real));
    }
    Group::new()
        .add(Title::new(said))
        .add(sample(one.state, one.x, one.to_x, y))
}

fn stretch(one: &Bar) -> String {
    let from = short(one.from);
    if one.open {
        format!("from {from} on")
    } else if one.from == one.to {
        format!("at {from}")
    } else {
        format!("{from} to {}", short(one.to))
    }
}

/// A bar of a state, also for the legend.
pub(super) fn sample(state: State, x: Tenths, to_x: Tenths, y: f64) -> Group {
    let high = height(state);
    let top = y + (BAR - high) / 2.0;
    let (left, right) = (x.units(), to_x.units());
    let rectangle = Rectangle::new()
        .set("class", class(state))
        .set("x", left)
        .set("y", top)
        // In tenths, because a difference of two floats has a tail of digits.
        .set("width", Tenths(to_x.0 - x.0).units())
        .set("height", high);
    let group = Group::new().add(rectangle);
    if state == State::Ready {
        let hatch = hatch(left, right, top, high);
        group.add(Path::new().set("class", "tl-hatch").set("d", hatch))
    } else {
        group
    }
}

/// Slanting lines inside of a bar, cut at its edges.
fn hatch(left: f64, right: f64, top: f64, high: f64) -> Data {
    let mut data = Data::new();
    let bottom = top + high;
    let mut foot = left - high + 6.0;
    while foot < right {
        let (from_x, to_x) = (foot.max(left), (foot + high).min(right));
        if to_x > from_x {
            let (from, to) = (tenth(from_x), tenth(to_x));
            data = data
                .move_to((from, tenth(bottom - (from_x - foot))))
                .line_to((to, tenth(bottom - (to_x - foot))));
        }
        foot += 7.0;
    }
    data
}

fn tenth(units: f64) -> f64 {
    (units * 10.0).round() / 10.0
}

/// How a lane ended, around a point.
pub(super) fn mark_of(ending: Ending, x: f64, y: f64) -> Group {
    let at = |dx: f64, dy: f64| (tenth(x + dx), tenth(y + dy));
    let (class, data) = match ending {
        Ending::Completed => {
            let data = Data::new().move_to(at(2.0, 1.0)).line_to(at(5.0, 5.0));
            ("tl-completed", data.line_to(at(11.0, -5.0)))
        }
        Ending::Cancelled => {
            let data = Data::new().move_to(at(-6.0, -6.0)).line_to(at(6.0, 6.0));
            let data = data.move_to(at(-6.0, 6.0)).line_to(at(6.0, -6.0));
            ("tl-cancelled", data)
        }
        Ending::Panicked => {
            let data = Data::new().move_to(at(0.0, -10.0)).line_to(at(9.0, 8.0));
            ("tl-panicked", data.line_to(at(-9.0, 8.0)).close())
        }
        Ending::Closed => {
            let data = Data::new().move_to(at(1.0, -9.0)).line_to(at(1.0, 9.0));
            ("tl-closed", data)
        }
    };
    Group::new().add(path(class, data, ending.name()))
}

pub(super) fn triangle(data: Data, x: f64, y: f64) -> Data {
    let at = |dx: f64, dy: f64| (tenth(x + dx), tenth(y + dy));
    data.move_to(at(-3.5, -5.5))
        .line_to(at(3.5, -5.5))
        .line_to(at(0.0, 0.0))
        .close()
}

pub(super) fn words(x: f64, y: f64, said: &str, class: &str) -> Text {
    let text = Text::new(said).set("x", tenth(x)).set("y", tenth(y));
    if class.is_empty() {
        text
    } else {
        text.set("class", class)
    }
}

pub(super) fn line(x: Tenths, to_x: Tenths, y: f64, class: &str, said: &str) -> Path {
    let data = Data::new()
        .move_to((x.units(), y))
        .line_to((to_x.units(), y));
    path(class, data, said)
}

fn upright(x: Tenths, top: f64, bottom: f64, class: &str) -> Path {
    let data = Data::new()
        .move_to((x.units(), top))
        .line_to((x.units(), bottom));
    Path::new().set("class", class).set("d", data)
}

fn path(class: &str, data: Data, said: &str) -> Path {
    let path = Path::new().set("class", class).set("d", data);
    path.add(Title::new(text::clean(said)))
}

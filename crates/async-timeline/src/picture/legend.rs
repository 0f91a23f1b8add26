//! What the signs mean: those that are in the picture, and no others.

use svg::node::element::path::Data;
use svg::node::element::{Group, Path};

use crate::lane::{Ending, Lane, State};
use crate::picture::draw::{line, mark_of, sample, triangle, words};
use crate::picture::scale::Tenths;
use crate::picture::text;

const ROW: f64 = 24.0;
const SAMPLE: f64 = 22.0;

pub(super) struct Legend<'a> {
    lanes: &'a [Lane],
    width: f64,
    x: f64,
    y: f64,
}

impl<'a> Legend<'a> {
    pub(super) fn new(lanes: &'a [Lane], width: f64, top: f64) -> Self {
        Self {
            lanes,
            width,
            x: 6.0,
            y: top + 4.0,
        }
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + ROW
    }

    pub(super) fn draw(&mut self, missing: &[String]) -> Group {
        let mut group = Group::new().set("class", "tl-legend");
        let spans = || self.lanes.iter().flat_map(|lane| &lane.spans);
        let endings = || self.lanes.iter().flat_map(|lane| &lane.endings);
        let locks = || self.lanes.iter().flat_map(|lane| &lane.locks);
        let states = State::ALL.map(|state| (state, spans().any(|span| span.state == state)));
        let ended =
            Ending::ALL.map(|ending| (ending, endings().any(|(_, other)| *other == ending)));
        let woken = self.lanes.iter().any(|lane| !lane.wakes.is_empty());
        let waited = locks().any(|lock| lock.taken != Some(lock.wanted));
        let held = locks().any(|lock| lock.taken.is_some());
        let left = spans().any(|span| span.open);

        for (state, _) in states.into_iter().filter(|(_, there)| *there) {
            let at = self.place(state.name());
            let (x, to_x) = (tenths(at.0), tenths(at.0 + SAMPLE));
            group = group
                .add(sample(state, x, to_x, at.1))
                .add(said(at, state.name()));
        }
        if woken {
            let at = self.place("woken");
            let data = triangle(Data::new(), at.0 + SAMPLE / 2.0, at.1 + 12.0);
            let sign = Path::new().set("class", "tl-wake").set("d", data);
            group = group.add(sign).add(said(at, "woken"));
        }
        for (ending, _) in ended.into_iter().filter(|(_, there)| *there) {
            let at = self.place(ending.name());
            // A tick is drawn to the right of its point, the others around it.
            let shift = if ending == Ending::Completed {
                6.0
            } else {
                0.0
            };
            let sign = mark_of(ending, at.0 + SAMPLE / 2.0 - shift, at.1 + 9.0);
            group = group.add(sign).add(said(at, ending.name()));
        }
        let lines = [
            (waited, "tl-wants", "waits for a lock"),
            (held, "tl-holds", "holds a lock"),
            (
                left,
                "tl-end",
                "recorded until here; beyond: how it was left",
            ),
        ];
        for (_, class, name) in lines.into_iter().filter(|(there, ..)| *there) {
            let at = self.place(name);
            let (x, to_x) = (tenths(at.0), tenths(at.0 + SAMPLE));
            group = group
                .add(line(x, to_x, at.1 + 9.0, class, name))
                .add(said(at, name));
        }
        for text in missing {
            let at = self.place(text);
            group = group.add(words(at.0, at.1 + 13.5, text, ""));
        }
        group
    }

    /// Room for a sign and its name, in this row or in the next.
    fn place(&mut self, name: &str) -> (f64, f64) {
        let wide = SAMPLE + 6.0 + text::width(name) + 16.0;
        if self.x > 6.0 && self.x + wide > self.width {
            self.x = 6.0;
            self.y += ROW;
        }
        let at = (self.x, self.y);
        self.x += wide;
        at
    }
}

fn said((x, y): (f64, f64), name: &str) -> svg::node::element::Text {
    words(x + SAMPLE + 6.0, y + 13.5, name, "")
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "pictures are not that wide"
)]
fn tenths(units: f64) -> Tenths {
    Tenths((units * 10.0).round() as i64)
}

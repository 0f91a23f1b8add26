//! A recording as an SVG.

mod bars;
mod draw;
mod legend;
mod rows;
mod scale;
mod text;

#[cfg(test)]
mod tests;

use std::fmt;

use svg::node::element::{Description, Group, SVG, Style, Title};

use crate::describe;
use crate::lane::Lane;
use crate::picture::draw::Canvas;
use crate::picture::legend::Legend;
use crate::picture::scale::Scale;
use crate::recording::Recording;

/// Colours, strokes and letters. All rules are below `svg.timeline`, so that several pictures and
/// a page's own rules do not get into each other's way.
const STYLE: &str = include_str!("style.css");

const MARGIN: f64 = 6.0;

/// A picture of a recording: one lane a row, on a common time axis. Its `Display` is the SVG.
///
/// It can be a file of its own, an `<img>`, or a part of an HTML page. Text is
/// `currentColor`; as a file of its own the picture follows `prefers-color-scheme`. The title and
/// the description are its alternative text.
///
/// # Examples
///
/// ```
/// use async_timeline::{Picture, RecordExt, Timeline};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let timeline = Timeline::new();
/// async { /* … */ }.record(&timeline, "job").await;
/// let recording = timeline.snapshot();
/// let picture = Picture::new(&recording).title("One job");
/// let file = std::env::temp_dir().join("async-timeline-doc.svg");
/// std::fs::write(&file, picture.to_string())?;
/// # std::fs::remove_file(file)
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a picture is its `Display`"]
pub struct Picture<'a> {
    recording: &'a Recording,
    title: String,
    description: Option<String>,
    id: Option<String>,
    width: u16,
    max_lanes: usize,
    rows_by_name: bool,
}

impl<'a> Picture<'a> {
    /// A picture 720 units wide of the first 40 lanes.
    pub fn new(recording: &'a Recording) -> Self {
        Self {
            recording,
            title: "What the futures did".to_owned(),
            description: None,
            id: None,
            width: 720,
            max_lanes: 40,
            rows_by_name: false,
        }
    }

    /// What it shows, in one line: its alternative text and the tooltip in a browser.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What is to be seen, in words. Unless set, a sentence about each of the first lanes.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// What the ids in the SVG begin with; made from the title unless set. Two pictures on one
    /// page need different ones.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// How wide it is, in SVG units (pixels unless scaled); at least 320.
    pub fn width(mut self, width: u16) -> Self {
        self.width = width.max(320);
        self
    }

    /// Puts lanes of the same name into one row, if each begins when the one before has ended.
    ///
    /// A timer that a loop makes anew in each pass, for instance, is then one row of cancellations.
    pub fn rows_by_name(mut self) -> Self {
        self.rows_by_name = true;
        self
    }

    /// Draws at most so many lanes, and says how many more there are.
    pub fn max_lanes(mut self, max_lanes: usize) -> Self {
        self.max_lanes = max_lanes;
        self
    }

    fn draw(&self) -> SVG {
        let mut lanes = self.recording.lanes();
        if self.rows_by_name {
            lanes = rows::by_name(lanes);
        }
        let drawn = &lanes[..lanes.len().min(self.max_lanes)];
        let width = f64::from(self.width);
        let scale = Scale::new(drawn, self.recording.end(), width - MARGIN);
        let mut canvas = Canvas::new(scale, MARGIN);
        let mut rows = Group::new();
        for lane in drawn {
            rows = rows.add(canvas.lane(lane));
        }
        let missing = self.missing(lanes.len() - drawn.len());
        let grid = canvas.grid();
        let axis = canvas.axis();
        let mut legend = Legend::new(drawn, width, canvas.bottom());
        let legend_rows = legend.draw(&missing);
        let height = legend.bottom() + MARGIN;
        self.frame(&lanes, width, height)
            .add(grid)
            .add(rows)
            .add(axis)
            .add(legend_rows)
    }

    /// The root with its alternative text and its style.
    fn frame(&self, lanes: &[Lane], width: f64, height: f64) -> SVG {
        let id = text::id(self.id.as_deref().unwrap_or(&self.title));
        let (title_id, description_id) = (format!("{id}-title"), format!("{id}-desc"));
        let told = || describe::recording(lanes, self.recording.end());
        let description = self.description.clone().unwrap_or_else(told);
        SVG::new()
            .set("class", "timeline")
            .set("viewBox", format!("0 0 {width} {height}"))
            .set("role", "img")
            .set("aria-labelledby", format!("{title_id} {description_id}"))
            .add(Title::new(text::clean(&self.title)).set("id", title_id))
            .add(
                Description::new()
                    .set("id", description_id)
                    .add(svg::node::Text::new(text::clean(&description))),
            )
            .add(Style::new(STYLE.trim()))
    }

    /// What is not to be seen, in words.
    fn missing(&self, lanes: usize) -> Vec<String> {
        let mut missing = Vec::new();
        if lanes > 0 {
            missing.push(format!("{lanes} more lanes are not drawn"));
        }
        if self.recording.lost() > 0 {
            let lost = self.recording.lost();
            missing.push(format!("the recorder was full: {lost} events are missing"));
        }
        missing
    }
}

impl fmt::Display for Picture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.draw())
    }
}

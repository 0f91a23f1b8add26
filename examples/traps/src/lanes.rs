//! `--timeline`: what the futures of a program did, as a picture.
//!
//! `.in_lane("name")` makes a lane of a future. Without `--timeline` it changes nothing.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, process};

use async_timeline::{Picture, Recorded, Recording, Timeline, chrome_trace};

/// Puts a future into the program's picture.
pub trait InLane: Future + Sized {
    fn in_lane(self, name: impl Into<Cow<'static, str>>) -> Recorded<Self> {
        timeline().record(name, self)
    }
}

impl<F: Future> InLane for F {}

/// Puts a closure for the blocking pool into the program's picture.
pub fn blocking<N, W, R>(name: N, work: W) -> impl FnOnce() -> R + use<N, W, R>
where
    N: Into<Cow<'static, str>>,
    W: FnOnce() -> R,
{
    timeline().record_blocking(name, work)
}

/// What is to be seen of a trap's programs on a time axis.
#[derive(Clone, Copy)]
pub enum Lanes {
    /// They run on paused time: each run gives the same picture.
    Paused,
    /// They run on real time: times are rounded to tens of milliseconds, and a poll of that many
    /// milliseconds is blocked. Well above what a busy machine does to a thread, well below what
    /// the program does.
    Real { budget: u64 },
    /// Nothing, for this reason, which completes "`x` has no timeline: ".
    None(&'static str),
}

/// A picture that is written when the program ends, however it ends.
struct Order {
    file: PathBuf,
    title: String,
    lanes: Lanes,
    timeline: Timeline,
}

static ORDER: OnceLock<Order> = OnceLock::new();

fn timeline() -> &'static Timeline {
    static OFF: Timeline = Timeline::off();
    ORDER.get().map_or(&OFF, |order| &order.timeline)
}

/// Records from now on. `Err` says why there would be nothing to see.
pub fn order(file: &Path, trap: &str, title: String, lanes: Lanes) -> Result<(), String> {
    // On paused time a thread that is slow is no block of the program's.
    let budget = match lanes {
        Lanes::Paused => Duration::MAX,
        Lanes::Real { budget } => Duration::from_millis(budget),
        Lanes::None(reason) => return Err(format!("`{trap}` has no timeline: {reason}")),
    };
    let order = Order {
        file: file.to_owned(),
        title,
        lanes,
        timeline: Timeline::builder().budget(budget).build(),
    };
    assert!(ORDER.set(order).is_ok(), "one picture a run");
    Ok(())
}

/// Writes the picture, if there is to be one: a Chrome trace for a name in `.json`, else an SVG.
pub fn deliver() {
    let Some(order) = ORDER.get() else { return };
    let recording = order.rounded();
    let json = order.file.extension().is_some_and(|end| end == "json");
    let text = if json {
        chrome_trace(&recording)
    } else {
        let picture = Picture::new(&recording).title(&order.title).rows_by_name();
        picture.to_string()
    };
    if let Err(error) = fs::write(&order.file, text) {
        eprintln!("traps: could not write {}: {error}", order.file.display());
        process::exit(2);
    }
}

impl Order {
    fn rounded(&self) -> Recording {
        let recording = self.timeline.snapshot();
        match self.lanes {
            Lanes::Real { .. } => recording.rounded(Duration::from_millis(10)),
            Lanes::Paused | Lanes::None(_) => recording,
        }
    }
}

/// Delivers when it is dropped: a program may end by a panic.
pub struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        deliver();
    }
}

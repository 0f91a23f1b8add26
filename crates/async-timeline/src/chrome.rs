//! The trace event format that Perfetto and `chrome://tracing` read.
//!
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::describe;
use crate::lane::{Lane, LockUse, Span};
use crate::recording::Recording;

/// All lanes belong to one process, which is the recording.
const PROCESS: u32 = 1;

/// The recording in Chrome's trace event format, as JSON.
///
/// Open the file in [Perfetto](https://ui.perfetto.dev) (its page keeps the file on your machine)
/// or in `chrome://tracing`. Each lane is a thread; its states are complete events (`X`) with the
/// real time in their arguments; wakes, endings and marks are instants (`i`); locks are
/// asynchronous events (`b`, `e`), since they may span several polls. Times are microseconds.
///
/// # Examples
///
/// ```
/// use async_timeline::{RecordExt, Timeline, chrome_trace};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let timeline = Timeline::new();
/// async { /* … */ }.record(&timeline, "job").await;
/// let file = std::env::temp_dir().join("async-timeline-doc.json");
/// std::fs::write(&file, chrome_trace(&timeline.snapshot()))?;
/// # std::fs::remove_file(file)
/// # }
/// ```
pub fn chrome_trace(recording: &Recording) -> String {
    let mut entries = vec![Entry::metadata(
        "process_name",
        0,
        json!({"name": "async-timeline"}),
    )];
    for (lane, tid) in recording.lanes().iter().zip(1..) {
        entries.extend(lane_entries(lane, tid, recording.end()));
    }
    let trace = json!({
        "traceEvents": entries,
        "displayTimeUnit": "ms",
        "otherData": { "lost_events": recording.lost() },
    });
    trace.to_string()
}

#[derive(Serialize)]
struct Entry {
    name: String,
    cat: &'static str,
    ph: &'static str,
    /// Microseconds.
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The scope of an instant: `t` for its thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    args: Value,
}

impl Entry {
    fn new(ph: &'static str, cat: &'static str, name: &str, tid: u32, at: Duration) -> Self {
        Self {
            name: name.to_owned(),
            cat,
            ph,
            ts: micros(at),
            dur: None,
            pid: PROCESS,
            tid,
            id: None,
            s: None,
            args: Value::Null,
        }
    }

    fn metadata(name: &str, tid: u32, args: Value) -> Self {
        Self {
            args,
            ..Self::new("M", "__metadata", name, tid, Duration::ZERO)
        }
    }

    fn span(span: &Span, tid: u32) -> Self {
        let cat = if span.state.is_poll() {
            "poll"
        } else {
            "state"
        };
        Self {
            dur: Some(micros(span.to.saturating_sub(span.from))),
            args: json!({ "real_us": micros(span.real), "open": span.open }),
            ..Self::new("X", cat, span.state.name(), tid, span.from)
        }
    }

    fn instant(cat: &'static str, name: &str, tid: u32, at: Duration) -> Self {
        Self {
            s: Some("t"),
            ..Self::new("i", cat, name, tid, at)
        }
    }

    /// The two ends of something that may begin in one state and end in another.
    fn stretch(name: &str, tid: u32, id: &str, from: Duration, to: Duration) -> [Self; 2] {
        [("b", from), ("e", to)].map(|(ph, at)| Self {
            id: Some(id.to_owned()),
            ..Self::new(ph, "lock", name, tid, at)
        })
    }
}

fn lane_entries(lane: &Lane, tid: u32, end: Duration) -> Vec<Entry> {
    let mut entries = vec![
        Entry::metadata("thread_name", tid, json!({ "name": lane.name })),
        Entry::metadata("thread_sort_index", tid, json!({ "sort_index": tid })),
    ];
    entries.extend(lane.spans.iter().map(|span| Entry::span(span, tid)));
    let wakes = lane.wakes.iter();
    entries.extend(wakes.map(|at| Entry::instant("wake", "woken", tid, *at)));
    for (at, ending) in &lane.endings {
        entries.push(Entry {
            args: json!({ "lane": describe::lane(lane) }),
            ..Entry::instant("ending", ending.name(), tid, *at)
        });
    }
    let marks = lane.marks.iter();
    entries.extend(marks.map(|mark| Entry::instant("mark", &mark.text, tid, mark.at)));
    for (lock, number) in lane.locks.iter().zip(0..) {
        entries.extend(lock_entries(lock, tid, number, end));
    }
    entries
}

fn lock_entries(lock: &LockUse, tid: u32, number: u32, end: Duration) -> Vec<Entry> {
    let gone = lock.gone.unwrap_or(end);
    let waited = lock.taken.unwrap_or(gone);
    let id = |what| format!("{tid}.{number}.{what}");
    let name = format!("waits for {}", lock.name);
    let mut entries = Vec::from(Entry::stretch(&name, tid, &id("wait"), lock.wanted, waited));
    if let Some(taken) = lock.taken {
        let name = format!("holds {}", lock.name);
        entries.extend(Entry::stretch(&name, tid, &id("hold"), taken, gone));
    }
    entries
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1_000.0
}

//! Lanes from `tracing` spans.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::event::{PollOutcome, What};
use crate::lane::LaneKind;
use crate::recorder::LaneRef;
use crate::timeline::Timeline;

/// Makes a lane of each `tracing` span: entering it is the start of a poll, leaving it the end.
///
/// This is for code that is instrumented already, `#[instrument]` or `future.instrument(span)`.
/// Put a filter on it (`with_filter`), or every span of every library becomes a lane. Named fields
/// stand behind the lane's name.
///
/// # What a span does not tell
///
/// - Whether its future completed: the lane is [`Closed`](crate::Ending::Closed).
/// - Its wakes, so nothing is [`Ready`](crate::State::Ready). The exception are the task spans that
///   tokio makes when it is built with `--cfg tokio_unstable` and its feature `tracing`: it
///   reports their wakes as events of the target `tokio::task::waker`, which this layer reads.
/// - Its drop: `Instrumented` enters the span once more to drop the future, which looks like a
///   last poll.
///
/// Where these matter, wrap the future with [`RecordExt::record`](crate::RecordExt::record).
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "record")] {
/// use async_timeline::{Timeline, TimelineLayer};
/// use tracing::{Instrument, info_span};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let timeline = Timeline::new();
/// let subscriber = tracing_subscriber::registry().with(TimelineLayer::new(&timeline));
/// let _subscriber = tracing::subscriber::set_default(subscriber);
///
/// async {}.instrument(info_span!("download", file = "a.txt")).await;
/// assert_eq!(timeline.snapshot().lanes()[0].name, "download file=a.txt");
/// # }
/// # main();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TimelineLayer {
    timeline: Timeline,
}

impl TimelineLayer {
    /// A layer that records into `timeline`.
    pub fn new(timeline: &Timeline) -> Self {
        Self {
            timeline: timeline.clone(),
        }
    }
}

/// What the registry keeps with a span.
struct SpanLane {
    lane: LaneRef,
    /// A span can be entered again inside of itself; only the outermost counts.
    depth: u32,
}

impl<S> Layer<S> for TimelineLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut name = LaneName::new(attributes.metadata().name());
        attributes.record(&mut name);
        if let Some(lane) = self.timeline.lane(name.finish(), LaneKind::Span) {
            let lane = SpanLane { lane, depth: 0 };
            span.extensions_mut().replace(lane);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        with_lane(&context, id, |span| {
            if span.depth == 0 {
                span.lane.note(What::PollStart);
            }
            span.depth += 1;
        });
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        with_lane(&context, id, |span| {
            span.depth = span.depth.saturating_sub(1);
            if span.depth == 0 {
                span.lane.note(What::PollEnd(PollOutcome::Pending));
            }
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "tokio::task::waker" {
            return;
        }
        let mut wake = TokioWake::default();
        event.record(&mut wake);
        if let Some(id) = wake.woken() {
            with_lane(&context, &id, |span| span.lane.note(What::Woken));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        with_lane(&context, &id, |span| span.lane.note(What::Closed));
    }
}

fn with_lane<S>(context: &Context<'_, S>, id: &Id, then: impl FnOnce(&mut SpanLane))
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    let Some(span) = context.span(id) else { return };
    if let Some(lane) = span.extensions_mut().get_mut::<SpanLane>() {
        then(lane);
    }
}

/// The span's name and its fields, `download file=a.txt`; of tokio's task spans the task's name.
struct LaneName {
    name: String,
    task: Option<String>,
}

impl LaneName {
    fn new(span: &str) -> Self {
        Self {
            name: span.to_owned(),
            task: None,
        }
    }

    fn finish(self) -> String {
        self.task.unwrap_or(self.name)
    }

    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        match field.name() {
            "task.name" => self.task = Some(value.to_string()),
            // Where it was spawned and the like: three lines of a lane's name.
            name if self.name == "runtime.spawn" && name != "task.id" => {}
            // Writing to a String cannot fail.
            name => {
                let _ = write!(self.name, " {name}={value}");
            }
        }
    }
}

impl Visit for LaneName {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format_args!("{value:?}"));
    }
}

/// `op = "waker.wake", task.id = 7`, where the number is that of the task's span.
#[derive(Default)]
struct TokioWake {
    wakes: bool,
    span: Option<u64>,
}

impl TokioWake {
    fn woken(&self) -> Option<Id> {
        // Ids are not zero, and a zero would be a panic.
        let span = self.span.filter(|span| self.wakes && *span != 0);
        span.map(Id::from_u64)
    }
}

impl Visit for TokioWake {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "task.id" {
            self.span = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "op" {
            self.wakes = matches!(value, "waker.wake" | "waker.wake_by_ref");
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

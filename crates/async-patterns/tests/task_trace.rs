//! The structured fields of a report and of the default sink.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_patterns::task::TaskScope;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes each event's fields into a line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").expect("a String takes everything");
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn a_report_and_an_event_have_fields() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let scope = TaskScope::builder().name("server").build();
    scope.spawn("writer", |_| async { Err::<(), _>("disk full") });
    scope.spawn("reader", |_| std::future::pending::<()>());
    tokio::task::yield_now().await;
    scope.shutdown(Duration::from_secs(5)).await.trace();

    let lines = lines.0.lock().unwrap();
    let find = |text: &str| {
        let found = lines.iter().find(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("{text} is not in {lines:#?}"))
    };
    assert!(
        lines[0].starts_with("ERROR"),
        "the failure is told at once: {lines:#?}"
    );
    assert!(lines[0].contains("disk full") && lines[0].contains("child=\"writer\""));
    let reader = find("child=\"reader\"");
    assert!(reader.contains("outcome=\"cancelled\" spent=5s stage=\"after the deadline\""));
    let summary = find("scope shut down");
    assert!(summary.starts_with("WARN"));
    assert!(summary.contains("scope=\"server\" finished=0 failed=1 cancelled=1 panicked=0"));
}

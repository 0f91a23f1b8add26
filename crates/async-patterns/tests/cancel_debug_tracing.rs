//! The default sink with the feature `tracing`.
#![cfg(all(feature = "cancel-debug", feature = "tracing"))]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::pending;
use std::sync::{Arc, Mutex};

use async_patterns::cancel::CancelDebugExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

type Recorded = (Level, BTreeMap<String, String>);

#[derive(Default, Clone)]
struct Events(Arc<Mutex<Vec<Recorded>>>);

struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "async_patterns::cancel"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(BTreeMap::new());
        event.record(&mut fields);
        self.0
            .lock()
            .unwrap()
            .push((*event.metadata().level(), fields.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_cancellation_is_a_warning_with_fields() {
    let events = Events::default();
    tracing::subscriber::with_default(events.clone(), || {
        drop(pending::<()>().cancel_debug("plain"));
        drop(
            pending::<()>()
                .cancel_debug("timed")
                .with_idle_time()
                .with_drop_backtrace(),
        );
    });
    let events = events.0.lock().unwrap();
    let [(level, plain), (_, timed)] = &events[..] else {
        panic!("two events: {events:?}");
    };
    assert_eq!(*level, Level::WARN);
    assert_eq!(plain["name"], "\"plain\"");
    assert_eq!(plain["kind"], "never polled");
    assert_eq!(plain["polls"], "0");
    assert!(plain["created_at"].contains("cancel_debug_tracing.rs"));
    assert!(plain.contains_key("alive"));
    for absent in [
        "idle",
        "longest_poll",
        "parents",
        "creation_backtrace",
        "drop_backtrace",
    ] {
        assert!(!plain.contains_key(absent), "{absent}: {plain:?}");
    }
    assert!(
        timed.contains_key("idle") && timed.contains_key("drop_backtrace"),
        "{timed:?}"
    );
}

#[test]
fn a_drop_by_panic_is_not_a_warning() {
    let events = Events::default();
    tracing::subscriber::with_default(events.clone(), || {
        let result = std::panic::catch_unwind(|| {
            let _future = pending::<()>().cancel_debug("bystander");
            panic!("on purpose");
        });
        result.unwrap_err();
    });
    let events = events.0.lock().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].0, Level::DEBUG);
    assert_eq!(events[0].1["kind"], "dropped while panicking");
}

//! The trace event format, field by field, as its description has them.

#![cfg(feature = "record")]

use std::collections::{BTreeMap, BTreeSet};

use async_timeline::{RecordExt, Timeline, chrome_trace, lock, mark};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Duration, sleep, timeout};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trace {
    #[serde(rename = "traceEvents")]
    entries: Vec<Entry>,
    #[serde(rename = "displayTimeUnit")]
    unit: String,
    #[serde(rename = "otherData")]
    other: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    cat: String,
    ph: String,
    ts: f64,
    dur: Option<f64>,
    pid: u32,
    tid: u32,
    id: Option<String>,
    s: Option<String>,
    args: Option<Value>,
}

async fn recorded() -> Trace {
    let timeline = Timeline::builder().budget(Duration::MAX).build();
    let connection = Mutex::new(());
    let upload = async {
        let _held = lock("connection", connection.lock()).await;
        mark("half way");
        sleep(Duration::from_millis(20)).await;
    };
    let late = async {
        let _held = lock("connection", connection.lock()).await;
    };
    let late = timeout(Duration::from_millis(10), late.record(&timeline, "late"));
    let ((), late) = tokio::join!(upload.record(&timeline, "upload \"1\""), late);
    late.unwrap_err();
    let text = chrome_trace(&timeline.snapshot());
    serde_json::from_str(&text).expect("the trace has the fields of the format")
}

#[tokio::test(start_paused = true)]
async fn every_entry_has_the_fields_of_its_phase() {
    let trace = recorded().await;
    assert_eq!(trace.unit, "ms");
    assert_eq!(trace.other["lost_events"], 0);
    let mut phases = BTreeSet::new();
    for entry in &trace.entries {
        phases.insert(entry.ph.as_str());
        assert_eq!(entry.pid, 1);
        assert!(entry.ts >= 0.0 && !entry.name.is_empty() && !entry.cat.is_empty());
        assert_eq!(entry.dur.is_some(), entry.ph == "X", "{entry:?}");
        assert_eq!(
            entry.id.is_some(),
            matches!(&*entry.ph, "b" | "e"),
            "{entry:?}"
        );
        assert_eq!(
            entry.s.as_deref() == Some("t"),
            entry.ph == "i",
            "{entry:?}"
        );
        if entry.ph == "M" {
            let known = ["process_name", "thread_name", "thread_sort_index"];
            assert!(known.contains(&entry.name.as_str()), "{entry:?}");
            assert!(entry.args.is_some());
        }
    }
    assert_eq!(phases, BTreeSet::from(["M", "X", "b", "e", "i"]));
}

#[tokio::test(start_paused = true)]
async fn a_thread_per_lane_with_its_states_one_after_the_other() {
    let trace = recorded().await;
    let names: Vec<_> = trace
        .entries
        .iter()
        .filter(|entry| entry.name == "thread_name")
        .map(|entry| (entry.tid, entry.args.as_ref().unwrap()["name"].clone()))
        .collect();
    assert_eq!(names, [(1, "late".into()), (2, "upload \"1\"".into())]);

    let mut ends: BTreeMap<u32, f64> = BTreeMap::new();
    for entry in trace.entries.iter().filter(|entry| entry.ph == "X") {
        let end = ends.entry(entry.tid).or_default();
        assert!(entry.ts >= *end, "{entry:?}");
        *end = entry.ts + entry.dur.unwrap();
    }
    // Microseconds.
    assert!((ends[&2] - 20_000.0).abs() < 0.001, "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn each_wait_and_each_hold_begins_and_ends() {
    let trace = recorded().await;
    let mut stretches: BTreeMap<String, Vec<(String, String, f64)>> = BTreeMap::new();
    for entry in trace.entries {
        if let Some(id) = entry.id {
            let ends = stretches.entry(id).or_default();
            ends.push((entry.ph, entry.name, entry.ts));
        }
    }
    // The upload waits and holds, the late one waits.
    assert_eq!(stretches.len(), 3);
    for ends in stretches.values() {
        let [(begin, name, from), (end, other, to)] = &ends[..] else {
            panic!("{ends:?}");
        };
        assert_eq!((begin.as_str(), end.as_str()), ("b", "e"));
        assert_eq!(name, other);
        assert!(from <= to);
    }
}

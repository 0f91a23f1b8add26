//! Recorders that are off: by `Timeline::off`, or by the feature.

use async_timeline::{RecordExt, Timeline, lock, mark};

async fn work() -> u32 {
    let held = lock("lock", async { 7 }).await;
    mark("half way");
    tokio::task::yield_now().await;
    *held
}

#[tokio::test]
async fn off_records_nothing_and_changes_nothing() {
    let timeline = Timeline::off();
    assert!(!timeline.is_on());
    assert_eq!(work().record(&timeline, "work").await, 7);
    assert_eq!(timeline.record_blocking("sum", || 3)(), 3);
    assert!(timeline.snapshot().lanes().is_empty());
}

#[tokio::test]
async fn off_adds_a_pointer_at_most() {
    let bare = size_of_val(&work());
    let recorded = size_of_val(&work().record(&Timeline::off(), "work"));
    let more = if cfg!(feature = "record") {
        size_of::<usize>()
    } else {
        0
    };
    assert_eq!(recorded, bare + more);
}

#[cfg(not(feature = "record"))]
#[tokio::test]
async fn without_the_feature_nothing_is_on() {
    let timeline = Timeline::new();
    assert!(!timeline.is_on());
    assert_eq!(work().record(&timeline, "work").await, 7);
    let recording = timeline.snapshot();
    assert!(recording.lanes().is_empty());
    assert!(
        async_timeline::Picture::new(&recording)
            .to_string()
            .contains("Nothing was recorded.")
    );
}

//! Lanes from `tracing` spans.

use async_timeline::{Ending, LaneKind, State, Timeline, TimelineLayer};
use tokio::time::{Duration, sleep};
use tracing::subscriber::DefaultGuard;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

fn listen(timeline: &Timeline) -> DefaultGuard {
    let subscriber = tracing_subscriber::registry().with(TimelineLayer::new(timeline));
    tracing::subscriber::set_default(subscriber)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test(start_paused = true)]
async fn an_instrumented_future_is_a_lane() {
    let timeline = Timeline::builder().budget(Duration::MAX).build();
    let _listening = listen(&timeline);
    let work = async {
        sleep(ms(10)).await;
        sleep(ms(20)).await;
    };
    work.instrument(info_span!("upload", file = "a.txt", size = 7))
        .await;

    let lanes = timeline.snapshot().lanes();
    assert_eq!(lanes.len(), 1);
    let lane = &lanes[0];
    assert_eq!(
        (lane.name.as_str(), lane.kind),
        ("upload file=a.txt size=7", LaneKind::Span)
    );
    // Three polls, and the span is entered once more for the drop of the future.
    assert_eq!(lane.polls, 4);
    assert_eq!(lane.time_in(State::Waiting), ms(30));
    assert_eq!(lane.endings, [(ms(30), Ending::Closed)]);
}

#[test]
fn a_span_inside_of_itself_is_one_poll() {
    let timeline = Timeline::new();
    let _listening = listen(&timeline);
    let span = info_span!("job");
    span.in_scope(|| span.in_scope(|| ()));
    let lanes = timeline.snapshot().lanes();
    assert_eq!(lanes[0].polls, 1);
    assert_eq!(lanes[0].left_in(), Some(State::Waiting));
}

#[test]
fn tokios_wake_events_make_a_lane_ready() {
    let timeline = Timeline::new();
    let _listening = listen(&timeline);
    // As tokio writes them when it is built with `--cfg tokio_unstable` and `tracing`.
    let task = tracing::trace_span!(
        target: "tokio::task",
        parent: None,
        "runtime.spawn",
        kind = "task",
        task.name = "resizer",
        loc.file = "src/main.rs",
    );
    task.in_scope(|| ());
    let id = task.id().unwrap().into_u64();
    let wake = |op: &'static str, id: u64| {
        tracing::trace!(target: "tokio::task::waker", op, task.id = id);
    };
    wake("waker.clone", id);
    wake("waker.wake", 0);
    wake("waker.wake", id + 1_000);
    assert_eq!(
        timeline.snapshot().lanes()[0].left_in(),
        Some(State::Waiting)
    );
    wake("waker.wake_by_ref", id);

    let lanes = timeline.snapshot().lanes();
    assert_eq!(lanes[0].name, "resizer");
    assert_eq!(lanes[0].left_in(), Some(State::Ready));
}

#[test]
fn a_timeline_that_is_off_has_no_lanes() {
    let timeline = Timeline::off();
    let _listening = listen(&timeline);
    info_span!("job").in_scope(|| ());
    assert!(timeline.snapshot().lanes().is_empty());
}

//! Lanes from the reports of `CancelDebug`.

use std::future::pending;

use async_patterns::cancel::CancelDebugExt;
use async_timeline::{CancelSink, Ending, State, Timeline};
use tokio::time::{Duration, advance, sleep, timeout};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test(start_paused = true)]
async fn a_report_is_a_lane_from_creation_to_drop() {
    let timeline = Timeline::new();
    timeline.snapshot(); // the clock begins here
    let work = async {
        sleep(ms(10)).await;
        pending::<()>().await;
    };
    let sink = CancelSink::new(&timeline);
    let upload = work.cancel_debug("upload").with_sink(sink).with_idle_time();
    timeout(ms(50), upload).await.unwrap_err();

    let lanes = timeline.snapshot().lanes();
    let lane = &lanes[0];
    assert_eq!(lane.name, "upload");
    assert_eq!(lane.endings, [(ms(50), Ending::Cancelled)]);
    assert_eq!(lane.time_in(State::Waiting), ms(0));
    assert_eq!(lane.marks[0].text, "3 polls");
}

#[tokio::test(start_paused = true)]
async fn a_future_that_was_never_polled() {
    let timeline = Timeline::new();
    timeline.snapshot();
    let receipt = async {}.cancel_debug("receipt");
    let receipt = receipt.with_sink(CancelSink::new(&timeline));
    advance(ms(20)).await;
    drop(receipt);
    let lanes = timeline.snapshot().lanes();
    assert_eq!(lanes[0].polls, 0);
    assert_eq!(lanes[0].time_in(State::Unstarted), ms(20));
    assert_eq!(lanes[0].ending(), Some(Ending::Cancelled));
}

#[test]
fn a_poll_that_panicked() {
    let timeline = Timeline::new();
    let job = async { panic!("on purpose") }.cancel_debug("job");
    let job = job.with_sink(CancelSink::new(&timeline));
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        futures::executor::block_on(job);
    }));
    assert!(unwound.is_err());
    assert_eq!(
        timeline.snapshot().lanes()[0].ending(),
        Some(Ending::Panicked)
    );
}

#[test]
fn a_timeline_that_is_off_takes_reports_and_forgets_them() {
    let timeline = Timeline::off();
    drop(
        async {}
            .cancel_debug("job")
            .with_sink(CancelSink::new(&timeline)),
    );
    assert!(timeline.snapshot().lanes().is_empty());
}

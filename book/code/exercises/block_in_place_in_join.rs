use std::time::Duration;

use tokio::task::block_in_place;
use tokio::time::sleep;

// ANCHOR: solution
async fn chart_within(
    limit: Duration,
    draw: impl FnOnce() -> String + Send + 'static,
) -> Option<String> {
    // A task of its own: the one with the timer stays free to look at the timer.
    let chart = tokio::spawn(async { block_in_place(draw) });
    tokio::select! {
        chart = chart => Some(chart.expect("the chart does not panic")),
        () = sleep(limit) => None, // it is drawn to its end, and nobody looks at it
    }
}
// ANCHOR_END: solution

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limit_wins_while_the_chart_blocks() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let draw = move || blocked.recv().map_or(String::new(), |()| "late".into());
    assert_eq!(chart_within(Duration::from_millis(5), draw).await, None);
    release.send(()).expect("it is still being drawn");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quick_chart_is_shown() {
    let chart = chart_within(Duration::from_mins(1), || "chart".into());
    assert_eq!(chart.await.as_deref(), Some("chart"));
}

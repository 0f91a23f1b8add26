//! Lanes from the reports of async-patterns' `CancelDebug`.

use std::time::Duration;

use async_patterns::cancel::{CancelKind, CancelReport, ReportSink};

use crate::clock::Stamp;
use crate::event::{PollOutcome, What};
use crate::lane::LaneKind;
use crate::timeline::Timeline;

/// Draws what `CancelDebug` reports: a lane for each future that was dropped before it completed.
///
/// For code that has [`CancelDebug`](async_patterns::cancel::CancelDebug) in it already and is not
/// recorded. A report knows when the future was made and when it was dropped; with
/// `with_idle_time` also when it was polled last. Its other polls and its wakes are not known: the
/// time in between is drawn as waiting.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "record")] {
/// use async_patterns::cancel::CancelDebugExt;
/// use async_timeline::{CancelSink, Ending, Timeline};
/// use tokio::time::{Duration, sleep, timeout};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let timeline = Timeline::new();
/// let upload = sleep(Duration::from_secs(60)).cancel_debug("upload");
/// let upload = upload.with_sink(CancelSink::new(&timeline));
/// timeout(Duration::from_secs(1), upload).await.unwrap_err();
///
/// let lanes = timeline.snapshot().lanes();
/// assert_eq!(lanes[0].ending(), Some(Ending::Cancelled));
/// # }
/// # main();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CancelSink {
    timeline: Timeline,
}

impl CancelSink {
    /// A sink that draws into `timeline`.
    pub fn new(timeline: &Timeline) -> Self {
        Self {
            timeline: timeline.clone(),
        }
    }
}

impl ReportSink for CancelSink {
    fn report(&mut self, report: CancelReport) {
        let Some(recorder) = self.timeline.recorder() else {
            return;
        };
        let name = report.name().to_owned().into();
        let Some(lane) = recorder.lane(name, LaneKind::Future, before(report.alive())) else {
            return;
        };
        if report.polls() > 0 {
            let last = report.idle().unwrap_or(report.alive());
            lane.note_at(What::PollStart, before(last));
            if report.kind() != CancelKind::PollPanicked {
                lane.note_at(What::PollEnd(PollOutcome::Pending), before(last));
            }
            lane.note(What::Mark(format!("{} polls", report.polls()).into()));
        }
        lane.note(if report.kind() == CancelKind::PollPanicked {
            What::PollEnd(PollOutcome::Panicked)
        } else {
            What::Dropped
        });
    }
}

fn before(by: Duration) -> impl FnOnce(Stamp) -> Stamp {
    move |now| Stamp {
        at: now.at.saturating_sub(by),
        real: now.real.saturating_sub(by),
    }
}

//! Live figures on the terminal.

use std::io::IsTerminal;
use std::time::Duration;

use async_patterns::broadcast::{Event as Received, LagAware};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use io_loop::Event;
use io_loop::metrics::{Metrics, Snapshot};
use io_loop::workload::Seen;
use tokio::sync::broadcast;
use tokio::time::{MissedTickBehavior, interval};

const BEAT: Duration = Duration::from_millis(250);

/// What is shown.
pub struct Live {
    flows: ProgressBar,
    traffic: ProgressBar,
    turns: ProgressBar,
    round_trips: ProgressBar,
    event: ProgressBar,
    _all: MultiProgress,
}

impl Live {
    /// Five lines at the bottom of the terminal; nothing if stderr is none.
    pub fn new() -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let all = MultiProgress::with_draw_target(target);
        let line = |prefix: &'static str| {
            let line = ProgressBar::no_length().with_prefix(prefix);
            // The template is a constant that parses.
            if let Ok(style) = ProgressStyle::with_template("{prefix:>12.cyan} {wide_msg}") {
                line.set_style(style);
            }
            all.add(line)
        };
        Self {
            flows: line("flows"),
            traffic: line("traffic"),
            turns: line("turns"),
            round_trips: line("round trips"),
            event: line("last event"),
            _all: all,
        }
    }

    /// Shows what happens, until it is dropped.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: an event that was not shown is not missed by anyone.
    pub async fn run(
        &self,
        metrics: &Metrics,
        mut events: LagAware<broadcast::Receiver<Event>>,
        seen: Option<&Seen>,
    ) {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = metrics.snapshot();
        let mut missed = 0;
        loop {
            tokio::select! {
                _ = beat.tick() => {
                    let now = metrics.snapshot();
                    self.show(&last, &now, missed, seen);
                    last = now;
                }
                event = events.recv() => match event {
                    Ok(Received::Message(event)) => self.event.set_message(event.to_string()),
                    // Of many events in a moment only the last could be read anyway, but that some
                    // are not here is said.
                    Ok(Received::Lagged { total, .. }) => missed = total,
                    // The loop is gone; its summary says the rest.
                    Err(_) => return,
                }
            }
        }
    }

    fn show(&self, last: &Snapshot, now: &Snapshot, missed: u64, seen: Option<&Seen>) {
        let rate = |before: u64, after: u64| (after - before) as f64 / BEAT.as_secs_f64();
        let mebibytes = |before, after| rate(before, after) / (1024.0 * 1024.0);
        self.flows.set_message(format!(
            "{} open, {} in all, {} refused, {} reset",
            now.open_flows(),
            now.opened,
            now.refused,
            now.reset_by_app + now.reset_by_session,
        ));
        self.traffic.set_message(format!(
            "{:.1} MiB/s up, {:.1} MiB/s down, {:.0} packets/s",
            mebibytes(last.bytes_up, now.bytes_up),
            mebibytes(last.bytes_down, now.bytes_down),
            rate(
                last.packets_in + last.packets_out,
                now.packets_in + now.packets_out
            ),
        ));
        let turns = rate(last.turns, now.turns);
        let pumps = rate(last.pumps, now.pumps);
        self.turns.set_message(format!(
            "{turns:.0}/s, {pumps:.0} sessions looked at per second"
        ));
        if let Some(seen) = seen {
            self.round_trips.set_message(seen.round_trips().to_string());
        } else {
            self.round_trips
                .set_message("not measured: they are the applications'");
        }
        if missed > 0 {
            self.event.set_prefix(format!("event (-{missed})"));
        }
        // `set_message` does not draw; a tick does.
        for line in [
            &self.flows,
            &self.traffic,
            &self.turns,
            &self.round_trips,
            &self.event,
        ] {
            line.tick();
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for line in [
            &self.flows,
            &self.traffic,
            &self.turns,
            &self.round_trips,
            &self.event,
        ] {
            line.finish_and_clear();
        }
    }
}

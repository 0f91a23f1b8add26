//! What the user sees of long work: which step, how far, how long so far.
//!
//! On a terminal a step is one line that is redrawn (indicatif). Elsewhere (a log, a pipe, CI) it
//! is plain lines: one when the step starts, one now and then, one when it ends.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a step that reports to a log says that it is alive.
const LOG_INTERVAL: Duration = Duration::from_secs(30);

/// The way to the user. Results go to stdout by the commands themselves; this is stderr.
#[derive(Debug)]
pub(crate) struct Ui {
    bars: Option<MultiProgress>,
}

impl Ui {
    /// Redraws lines when stderr is a terminal, else prints plain ones.
    pub(crate) fn from_env() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if std::io::stderr().is_terminal() && !dumb {
            Self {
                bars: Some(MultiProgress::with_draw_target(ProgressDrawTarget::stderr())),
            }
        } else {
            Self::plain()
        }
    }

    /// Plain lines only.
    pub(crate) fn plain() -> Self {
        Self { bars: None }
    }

    /// Prints a line above any running step.
    pub(crate) fn line(&self, text: impl Display) {
        print_line(self.bars.as_ref(), &text.to_string());
    }

    /// Prints something the user should know although the work goes on.
    pub(crate) fn warn(&self, text: impl Display) {
        self.line(format_args!("warning: {text}"));
    }

    /// Prints the error that ends the run.
    pub(crate) fn error(&self, error: &crate::error::Error) {
        self.line(format_args!("error: {error}"));
    }

    /// Starts a step. It ends when the returned value is dropped or [`Step::done`] is called.
    pub(crate) fn step(&self, name: impl Into<String>) -> Step {
        let name = name.into();
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(style("{spinner} {prefix} {elapsed} {wide_msg}"));
            bar.set_prefix(name.clone());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        if bar.is_none() {
            self.line(&name);
        }
        Step {
            name,
            bars: self.bars.clone(),
            bar,
            started: Instant::now(),
            state: Mutex::new(State {
                said: Instant::now(),
                at: 0,
                of: None,
                ended: false,
            }),
        }
    }
}

/// One running step.
#[derive(Debug)]
pub(crate) struct Step {
    name: String,
    bars: Option<MultiProgress>,
    bar: Option<ProgressBar>,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    said: Instant,
    at: u64,
    of: Option<u64>,
    ended: bool,
}

impl Step {
    /// Says how many parts the step has.
    pub(crate) fn total(&self, parts: u64) {
        self.state().of = Some(parts);
        if let Some(bar) = &self.bar {
            bar.set_length(parts);
            bar.set_style(style(
                "{spinner} {prefix} {elapsed} {bar:24} {pos}/{len} {wide_msg}",
            ));
        }
    }

    /// `at` parts are done; `now` names the one under way.
    pub(crate) fn at(&self, at: u64, now: &str) {
        let mut state = self.state();
        state.at = at;
        if let Some(bar) = &self.bar {
            bar.set_position(at);
            bar.set_message(now.to_owned());
        } else if state.said.elapsed() >= LOG_INTERVAL {
            state.said = Instant::now();
            let of = state.of.map(|of| format!("/{of}")).unwrap_or_default();
            let elapsed = human(self.started.elapsed());
            self.print(&format!(
                "  {}: {at}{of}, {elapsed} so far, now {now}",
                self.name
            ));
        }
    }

    /// Another part is done.
    pub(crate) fn advance(&self, now: &str) {
        let next = self.state().at + 1;
        self.at(next, now);
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Ends the step with a line that says how it came out.
    pub(crate) fn done(self, outcome: impl Display) {
        self.end(&outcome.to_string());
    }

    fn end(&self, outcome: &str) {
        if std::mem::replace(&mut self.state().ended, true) {
            return;
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.print(&format!(
            "{}: {outcome} ({})",
            self.name,
            human(self.elapsed())
        ));
    }

    fn print(&self, text: &str) {
        print_line(self.bars.as_ref(), text);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.end("stopped");
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn print_line(bars: Option<&MultiProgress>, text: &str) {
    // A closed stderr must not end the work, so failures to print are dropped.
    let print = || drop(writeln!(std::io::stderr(), "{text}"));
    match bars {
        Some(bars) => bars.suspend(print),
        None => print(),
    }
}

/// A duration as people say it: `42s`, `3m 05s`, `1h 02m`.
pub(crate) fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        assert_eq!(human(Duration::from_millis(400)), "0s");
        assert_eq!(human(Duration::from_secs(59)), "59s");
        assert_eq!(human(Duration::from_secs(185)), "3m 05s");
        assert_eq!(human(Duration::from_mins(62)), "1h 02m");
    }

    #[test]
    fn a_step_counts_its_parts() {
        let step = Ui::plain().step("building");
        step.total(3);
        step.advance("one");
        step.advance("two");
        let state = step.state();
        assert_eq!((state.at, state.of), (2, Some(3)));
        // The step prints its end when it is dropped, which needs the state.
        drop(state);
    }
}

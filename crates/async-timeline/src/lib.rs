//! What did my futures do? Records polls, wakes and cancellations, and draws them.
//!
//! ```
//! # #[cfg(feature = "record")] {
//! use async_timeline::{Picture, RecordExt, State, Timeline};
//! use tokio::time::{Duration, sleep};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let timeline = Timeline::new();
//!
//! let mut upload = Box::pin(sleep(Duration::from_millis(20)).record(&timeline, "upload"));
//! tokio::select! {
//!     () = &mut upload => {}
//!     () = sleep(Duration::from_millis(10)) => {
//!         // The upload is alive, and nobody polls it.
//!         sleep(Duration::from_millis(50)).await;
//!     }
//! }
//! drop(upload);
//!
//! let recording = timeline.snapshot();
//! let lanes = recording.lanes();
//! assert_eq!(lanes[0].time_in(State::Ready), Duration::from_millis(40));
//!
//! let svg = Picture::new(&recording).title("An upload that is not polled").to_string();
//! assert!(svg.starts_with("<svg"));
//! # }
//! # main();
//! # }
//! ```
//!
//! # What is recorded
//!
//! A *lane* is one future, one task or one blocking call. [`RecordExt::record`] makes one of any
//! future; it notes when the future is made, each poll, each wake, and how it ends. From these
//! follows what it did in between:
//!
//! | state | what it means |
//! |---|---|
//! | [`Unstarted`](State::Unstarted) | made, and not polled yet: none of its code has run |
//! | [`Running`](State::Running) | inside of a poll |
//! | [`Blocked`](State::Blocked) | inside of a poll that took longer than the [budget](Builder::budget) |
//! | [`Waiting`](State::Waiting) | suspended, nobody has woken it |
//! | [`Ready`](State::Ready) | woken and not polled: it could go on, and nobody lets it |
//!
//! `Ready` is short in a healthy program. Where it is long, a worker is busy
//! ([`blocking_call_in_async`](https://async-patterns.github.io/book/traps/blocking_call_in_async.html)),
//! or the future's owner does something else than poll it
//! ([`futurelock`](https://async-patterns.github.io/book/traps/futurelock.html),
//! [`buffered_stream_stall`](https://async-patterns.github.io/book/traps/buffered_stream_stall.html)).
//!
//! Inside of a recorded future [`lock`] notes the wait for a lock and how long it is held, and
//! [`mark`] writes a word on the lane. Closures for the blocking pool are lanes by
//! [`Timeline::record_blocking`].
#![cfg_attr(
    feature = "tracing",
    doc = "[`TimelineLayer`] makes lanes of `tracing` spans, where the code is not yours to wrap."
)]
//!
//! # What is drawn
//!
//! [`Picture`] is an SVG with a lane a row on a common time axis. States differ in height and
//! pattern and not by colour alone; text is text; it fits light and dark. [`chrome_trace`] gives
//! the same as a file that [Perfetto](https://ui.perfetto.dev) and `chrome://tracing` open.
//!
//! # Time
//!
//! Each event has two times ([`Stamp`]). *Where it stands on the axis* is
//! [`tokio::time::Instant`]: in a test with paused time the axis is that paused time, so that a
//! picture is the same in each run. *How long a poll took* is always real time, because a blocked
//! thread is a matter of real time: while it blocks, a paused clock stands still. On paused time,
//! therefore, a poll is a line of no length, a blocked poll a red line that says how long it took,
//! and the picture is no longer the same in each run where a poll is near the budget; set the
//! budget to what only a true block reaches. On a clock that runs the two times agree.
//! [`Builder::clock`] takes another [`Clock`].
//!
//! A paused clock that nothing advances any more (a deadlock) has no "later" at which to draw what
//! was left behind. The picture goes on a little to the right of the last event, beyond a dashed
//! line, and shows there how each lane was left.
//!
//! # What it costs
//!
//! With [`Timeline::off`] a poll has one test of a pointer more than the bare future; without the
//! feature `record` not even that, and [`Recorded`] has the size of its future. A recorder that is
//! on takes two readings of the clock and two entries in a list under a mutex for each poll; the
//! figures are in
//! [performance.md](https://github.com/async-patterns/async-patterns/blob/main/docs/performance.md).
//! It keeps [at most so many](Builder::max_events) events and counts the rest.

mod chrome;
mod clock;
mod current;
mod describe;
mod event;
mod future;
mod lane;
mod lock;
mod picture;
mod recorder;
mod recording;
mod replay;
mod timeline;
mod units;
#[cfg(feature = "record")]
mod watch;
#[cfg(not(feature = "record"))]
#[path = "watch_off.rs"]
mod watch;

#[cfg(feature = "cancel-debug")]
mod cancel_sink;
#[cfg(feature = "tracing")]
mod layer;

#[cfg(feature = "cancel-debug")]
pub use cancel_sink::CancelSink;
pub use chrome::chrome_trace;
pub use clock::{Clock, ManualClock, Stamp, TokioClock};
pub use future::{RecordExt, Recorded};
pub use lane::{Ending, Lane, LaneKind, LockUse, Mark, Span, State};
#[cfg(feature = "tracing")]
pub use layer::TimelineLayer;
pub use lock::{Held, LockWait, lock, mark};
pub use picture::Picture;
pub use recording::Recording;
pub use timeline::{Builder, Timeline};

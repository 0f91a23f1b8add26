//! The book's timelines are what `--timeline` writes, so that no picture lies.
//!
//! `BLESS=1 cargo test -p traps --test pictures` writes them anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use regex_lite::Regex;

/// How far two runs of a program give the same picture.
#[derive(Clone, Copy)]
enum Same {
    /// In each stroke: on paused time, without a `select!`.
    Exactly,
    /// In what happened on each lane. When it happened depends on the machine, and how often a
    /// branch of a `select!` is polled depends on its dice.
    InEvents,
}

/// A trap, which of its programs, and what to look for in its picture.
struct Wanted(&'static str, &'static str, Same, &'static str);

const PICTURES: &[Wanted] = &[
    Wanted(
        "block_in_place_in_join",
        "broken",
        Same::InEvents,
        "The greeting is woken after 10 ms. Its task is busy with the chart, so nobody polls it.",
    ),
    Wanted(
        "block_in_place_in_join",
        "fixed",
        Same::InEvents,
        "The chart waits for the blocking pool, and the greeting is polled when it is woken.",
    ),
    Wanted(
        "blocking_call_in_async",
        "broken",
        Same::InEvents,
        "The chat's poll blocks the thread. The timer that would wake the heartbeat is on the same \
         thread.",
    ),
    Wanted(
        "blocking_pool_exhaustion",
        "broken",
        Same::InEvents,
        "The look-up stands in the pool's queue, behind printers that have not even started.",
    ),
    Wanted(
        "buffered_stream_stall",
        "broken",
        Same::Exactly,
        "While a page is stored, the downloads behind it are ready and nobody polls them.",
    ),
    Wanted(
        "buffered_stream_stall",
        "fixed",
        Same::Exactly,
        "As tasks the downloads are polled when they are woken, whatever the loop does.",
    ),
    Wanted(
        "cancel_unsafe_in_select",
        "broken",
        Same::InEvents,
        "Each cross is a <code>read_message</code> that was dropped by a ping, with what it had \
         read.",
    ),
    Wanted(
        "cancel_unsafe_in_select",
        "fixed",
        Same::InEvents,
        "Each <code>read_message</code> lives until it is whole. A ping only polls it once more.",
    ),
    Wanted(
        "detached_task",
        "broken",
        Same::InEvents,
        "When the runtime is dropped, so are the receipts.",
    ),
    Wanted(
        "dropped_handle_does_not_cancel",
        "broken",
        Same::Exactly,
        "Every query runs to its end, although its handle was dropped after 30 ms.",
    ),
    Wanted(
        "dropped_handle_does_not_cancel",
        "fixed",
        Same::Exactly,
        "Each query ends where its handle is dropped.",
    ),
    Wanted(
        "futurelock",
        "broken",
        Same::InEvents,
        "At 50 ms the lock is free and goes to the sync, which is woken and never polled again. The \
         heartbeat is polled and does not own the lock.",
    ),
    Wanted(
        "futurelock",
        "fixed",
        Same::InEvents,
        "The sync is polled as soon as it is woken, and passes the lock on.",
    ),
    Wanted(
        "never_polled",
        "broken",
        Same::Exactly,
        "The receipt is made and dropped. Nobody has polled it in between.",
    ),
    Wanted(
        "no_parallelism_without_spawn",
        "broken",
        Same::InEvents,
        "One after the other: a task runs on one thread at a time.",
    ),
    Wanted(
        "no_parallelism_without_spawn",
        "fixed",
        Same::InEvents,
        "Four at a time, on the threads of the blocking pool.",
    ),
    Wanted(
        "pending_without_wake",
        "broken",
        Same::InEvents,
        "One poll, and no wake: the worker waits for ever.",
    ),
    Wanted(
        "polled_after_completion",
        "broken",
        Same::InEvents,
        "The index completes at 10 ms. The next pass of the loop polls it again, and that is the end.",
    ),
    Wanted(
        "select_loop_without_cancellation",
        "broken",
        Same::InEvents,
        "The shutdown waits from the first second on, and the cache goes on refreshing itself.",
    ),
    Wanted(
        "std_guard_across_await",
        "broken",
        Same::InEvents,
        "The second request blocks the thread that the first one needs to be woken and polled.",
    ),
    Wanted(
        "timeout_over_cpu_work",
        "broken",
        Same::InEvents,
        "One poll of 600 ms, and the work is inside of it: <code>timeout</code> cannot look at its clock.",
    ),
];

fn traps(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_traps"))
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the gallery starts")
}

/// A file that only this test writes to.
fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn draw(trap: &str, which: &str) -> String {
    let file = scratch(&format!("{trap}.{which}.svg"));
    let flag = format!("--{which}");
    let output = traps(&[trap, &flag, "--timeline", file.to_str().unwrap()]);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{trap} {which}: {error}: {output:?}"))
}

/// As the book shows it.
fn figure(svg: &str, caption: &str) -> String {
    format!("<figure class=\"picture\">\n{svg}<figcaption>{caption}</figcaption>\n</figure>\n")
}

#[test]
fn the_books_pictures_are_what_the_programs_do() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src/pictures");
    let mut wrong = Vec::new();
    for Wanted(trap, which, same, caption) in PICTURES {
        let name = format!("{trap}.{which}.svg");
        let file = folder.join(&name);
        let drawn = figure(&draw(trap, which), caption);
        if env::var_os("BLESS").is_some() {
            fs::write(&file, drawn).expect("the book's pictures can be written");
            continue;
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        let is_same = match same {
            Same::Exactly => kept == drawn,
            Same::InEvents => {
                kept.contains(&format!("<figcaption>{caption}</figcaption>"))
                    && events(&kept) == events(&drawn)
            }
        };
        if !is_same {
            wrong.push(name);
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong:?} are not what the programs do; BLESS=1 writes them anew, then look at them"
    );
}

/// The lanes, and what happened on each but polls, wakes and waiting.
fn events(svg: &str) -> Vec<(String, BTreeSet<String>)> {
    let name = Regex::new(r"(?s)<text[^>]*>\s*(.*?)\s*</text>").unwrap();
    let sign =
        Regex::new(r#"class="tl-([a-z]+)"(?: height="[0-9.]+" width="([0-9.]+)")?"#).unwrap();
    let lanes = svg.split(r#"<g class="tl-legend">"#).next().unwrap();
    let lanes = lanes.split(r#"<g class="tl-lane">"#).skip(1);
    lanes
        .map(|lane| {
            let mut happened = BTreeSet::new();
            for found in sign.captures_iter(lane) {
                let wide = found
                    .get(2)
                    .map_or(0.0, |wide| wide.as_str().parse().unwrap());
                match &found[1] {
                    // A thread that is slow for a moment leaves a narrow one.
                    "ready" if wide < 40.0 => {}
                    "ready" | "blocked" | "cancelled" | "completed" | "panicked" => {
                        happened.insert(found[1].to_owned());
                    }
                    _ => {}
                }
            }
            let name = name.captures(lane).expect("a lane has a name");
            (name[1].to_owned(), happened)
        })
        .collect()
}

#[test]
fn a_lane_is_known_by_what_happened_on_it() {
    let svg = draw("futurelock", "broken");
    let set = |events: &[&str]| events.iter().map(|event| (*event).to_owned()).collect();
    assert_eq!(
        events(&svg),
        [
            ("upload".to_owned(), set(&["completed"])),
            ("sync".to_owned(), set(&["ready"])),
            ("heartbeat".to_owned(), set(&[])),
        ]
    );
}

#[test]
fn a_name_in_json_gets_a_chrome_trace() {
    let file = scratch("futurelock.json");
    traps(&[
        "futurelock",
        "--fixed",
        "--timeline",
        file.to_str().unwrap(),
    ]);
    let trace = fs::read_to_string(file).expect("the trace is written");
    assert!(
        trace.starts_with('{') && trace.contains(r#""traceEvents":["#),
        "{trace}"
    );
}

#[test]
fn what_cannot_be_drawn_says_why_and_does_not_run() {
    let output = traps(&[
        "stack_overflow_by_future",
        "--broken",
        "--timeline",
        "x.svg",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "traps: `stack_overflow_by_future` has no timeline: it is about the size of a future, and \
         a stack overflow leaves no time to draw one\n"
    );
}

#[test]
fn a_file_that_cannot_be_written_is_one_sentence() {
    let output = traps(&[
        "futurelock",
        "--fixed",
        "--timeline",
        "no/such/folder/x.svg",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.starts_with("traps: could not write no/such/folder/x.svg: "),
        "{said}"
    );
}

/// A program that is recorded prints what it prints otherwise.
#[test]
fn recording_changes_nothing() {
    let file = scratch("unchanged.svg");
    for which in ["--broken", "--fixed"] {
        let plain = traps(&["buffered_stream_stall", which]);
        let file = file.to_str().unwrap();
        let recorded = traps(&["buffered_stream_stall", which, "--timeline", file]);
        assert_eq!(plain.stdout, recorded.stdout);
        assert_eq!(plain.stderr, recorded.stderr);
    }
}

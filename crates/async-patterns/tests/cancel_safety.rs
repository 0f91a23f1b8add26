//! Each section "Cancel safety" of the documentation names its proof here: a test that cancels the
//! item at every poll. A new section without one fails, and so does a row whose test is gone.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The file and the item whose documentation has the section, and the test: its file and its name.
#[rustfmt::skip]
const PROOFS: &[(&str, &str, &str, &str)] = &[
    ("broadcast/fanout.rs", "reserve", "broadcast_fanout.rs", "reserve_and_send_loses_no_message"),
    ("broadcast/fanout.rs", "send", "broadcast_fanout.rs", "sweep_send"),
    ("broadcast/fanout.rs", "send_timeout", "broadcast_fanout.rs", "a_cancelled_send_timeout_holds_no_place"),
    ("broadcast/lag_aware.rs", "recv", "broadcast_lag_aware.rs", "a_cancelled_recv_takes_no_message"),
    ("broadcast/policy.rs", "resync", "broadcast_lag_aware.rs", "a_lag_survives_a_cancel_at_every_await_of_its_hook"),
    ("broadcast/stream.rs", "into_stream", "broadcast_lag_aware.rs", "the_stream_resumes_its_hook"),
    ("broadcast/subscriber.rs", "recv", "broadcast_fanout.rs", "a_cancelled_recv_takes_no_message"),
    ("cancel/debug.rs", "CancelDebug", "cancel_debug_cancel.rs", "sweep"),
    ("cancel/shield.rs", "shield", "shield.rs", "cancelled_at_every_poll_the_work_is_still_done_once"),
    ("cancel/shield.rs", "shutdown", "shield.rs", "the_wait_is_cancel_safe"),
    ("session/context.rs", "cancelled", "session/life.rs", "cancelled_may_be_dropped_at_every_poll"),
    ("sink/permit.rs", "send", "reserve.rs", "the_flush_after_send_is_cancel_safe"),
    ("sink/reserve_ext.rs", "reserve", "reserve.rs", "reserving_is_cancel_safe"),
    ("sink/reserve_ext.rs", "flush_reserve", "reserve.rs", "reserving_is_cancel_safe"),
    ("stream/join_all_then_try.rs", "join_all_then_try", "then_try_cancel.rs", "a_cut_join_all_drops_its_futures"),
    ("stream/join_then_try.rs", "join_then_try", "then_try_cancel.rs", "a_cut_join_drops_its_futures"),
    ("stream/spawn_buffered.rs", "spawn_buffered", "spawn_buffered.rs", "next_is_cancel_safe"),
    ("stream/spawn_buffered.rs", "spawn_buffered_unordered", "spawn_buffered.rs", "unordered_next_is_cancel_safe"),
    ("stream/then_try_ext.rs", "collect_then_try", "then_try_cancel.rs", "a_cut_collect_loses_what_it_had"),
    ("stream/then_try_ext.rs", "for_each_concurrent_then_try", "then_try_cancel.rs", "a_cut_for_each_drops_the_futures_under_way"),
    ("sync/cancel_poison_guard.rs", "perform_async", "cancel_poison.rs", "a_cut_future_section_poisons_as_cancelled"),
    ("sync/cancel_poison_mutex.rs", "lock", "cancel_poison.rs", "lock_leaves_nothing_behind"),
    ("sync/cancel_poison_rw_lock.rs", "read", "cancel_poison.rs", "read_and_write_leave_nothing_behind"),
    ("sync/cancel_poison_rw_lock.rs", "write", "cancel_poison.rs", "read_and_write_leave_nothing_behind"),
    ("sync/ready_set/set.rs", "ready", "ready_set.rs", "ready_takes_nothing"),
    ("sync/ready_set/set.rs", "next_ready", "ready_set.rs", "next_ready_loses_no_mark_and_doubles_none"),
    ("task/blocking.rs", "spawn_cancellable_blocking", "task_cancel.rs", "dropping_the_handle_of_blocking_work_stops_it"),
    ("task/dedicated.rs", "spawn_dedicated", "task_cancel.rs", "a_thread_whose_handle_is_dropped_is_asked_to_stop"),
    ("task/handle.rs", "spawn_within_limit", "task_cancel.rs", "sweep_spawn_within_limit"),
    ("task/scope.rs", "spawn_until_cancelled", "task_cancel.rs", "a_future_spawned_until_cancelled_ends_with_its_scope"),
    ("task/scope.rs", "spawn_within_limit", "task_cancel.rs", "sweep_spawn_within_limit"),
    ("task/scope.rs", "join", "task_cancel.rs", "a_cancelled_join_aborts_at_once"),
    ("task/scope.rs", "shutdown", "task_cancel.rs", "a_cancelled_shutdown_aborts_at_once"),
    ("task/signal.rs", "recv", "task_signal.rs", "a_cancelled_recv_leaves_the_signal_to_the_next"),
    // Of the process, and it says what is lost, so the test is written out.
    ("task/signal.rs", "shutdown_signal", "task_signal.rs", "the_one_shot_form_listens_from_its_first_poll_on"),
    ("timeout/blocking.rs", "blocking_timeout", "blocking_timeout.rs", "cancel_safety"),
    ("timeout/blocking.rs", "BlockingWork", "blocking_timeout.rs", "waiting_for_left_over_work_is_cancel_safe"),
    ("timeout/deadline.rs", "passed", "fused_timeout.rs", "waiting_for_a_deadline_is_cancel_safe"),
    ("timeout/fused.rs", "FusedTimeout", "fused_timeout.rs", "cancel_safety"),
];

/// The proof that is no sweep, for the reason given at its row.
const WRITTEN_OUT: &str = "the_one_shot_form_listens_from_its_first_poll_on";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The name of the first item that is declared in `lines`.
fn declared<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    lines.find_map(|line| {
        let line = line.trim_start();
        let declaration = ["fn ", "struct ", "macro_rules! "]
            .iter()
            .find_map(|keyword| Some(line.split_once(keyword)?.1));
        let is_code = !line.starts_with("//") && !line.starts_with("#[");
        let name = declaration.filter(|_| is_code)?;
        name.split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
    })
}

#[test]
fn every_section_has_its_proof() {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut sections = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(&src).unwrap().to_str().unwrap();
        let name = name.replace('\\', "/");
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line.trim_start() == "/// # Cancel safety" {
                let item = declared(lines.clone()).expect("documentation is of an item");
                sections.insert((name.clone(), item.to_owned()));
            }
        }
    }
    let rows: BTreeSet<_> = PROOFS
        .iter()
        .map(|&(file, item, ..)| (file.to_owned(), item.to_owned()))
        .collect();
    let missing: Vec<_> = sections.difference(&rows).collect();
    assert!(missing.is_empty(), "no proof is named for {missing:?}");
    let gone: Vec<_> = rows.difference(&sections).collect();
    assert!(gone.is_empty(), "no such section: {gone:?}");
}

#[test]
fn every_proof_cancels_at_every_poll() {
    for &(_, item, file, test) in PROOFS {
        let path = root().join("tests").join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (_, from) = text
            .split_once(&format!("fn {test}("))
            .unwrap_or_else(|| panic!("{file} has no `{test}`, the proof of `{item}`"));
        // Up to the end of the function, which rustfmt puts at its own indentation.
        let indent = text[..text.len() - from.len()].lines().last().unwrap();
        let indent = &indent[..indent.len() - indent.trim_start().len()];
        let (body, _) = from.split_once(&format!("\n{indent}}}\n")).unwrap();
        assert!(
            body.contains("cancel_at_every_poll(") || test == WRITTEN_OUT,
            "{file}: `{test}` does not cancel at every poll"
        );
    }
}

//! Each broken program shows its symptom and each fixed one its absence.

mod recorded;

use std::process::{Command, Output};

fn traps(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_traps"))
        .args(args)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the gallery starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs both programs of a trap: `symptom` is what the broken one must print or panic with.
#[track_caller]
fn assert_pair(trap: &str, symptom: &str) {
    let broken = traps(&[trap, "--broken"]);
    let shown = text(&broken.stdout) + &text(&broken.stderr);
    assert!(
        shown.contains(symptom),
        "the broken `{trap}` did not show `{symptom}`:\n{shown}"
    );
    assert!(
        !shown.contains("fine:"),
        "the broken `{trap}` ended well:\n{shown}"
    );
    recorded::compare(trap, "broken", &shown);

    let fixed = traps(&[trap, "--fixed"]);
    let shown = text(&fixed.stdout) + &text(&fixed.stderr);
    assert!(
        fixed.status.success(),
        "the fixed `{trap}` failed:\n{shown}"
    );
    assert!(
        shown.contains("fine:"),
        "the fixed `{trap}` did not end well:\n{shown}"
    );
    assert!(
        !shown.contains("symptom:"),
        "the fixed `{trap}` shows a symptom:\n{shown}"
    );
    recorded::compare(trap, "fixed", &shown);
}

#[test]
fn std_guard_across_await() {
    assert_pair("std_guard_across_await", "symptom: deadlocked");
}

#[test]
fn block_in_place_in_test() {
    assert_pair(
        "block_in_place_in_test",
        "can call blocking only when running on the multi-threaded runtime",
    );
}

#[test]
fn timeout_over_cpu_work() {
    assert_pair("timeout_over_cpu_work", "symptom: deadline missed by");
}

#[test]
fn blocking_call_in_async() {
    assert_pair("blocking_call_in_async", "symptom: no heartbeat for");
}

#[test]
fn block_on_in_async() {
    assert_pair(
        "block_on_in_async",
        "Cannot start a runtime from within a runtime",
    );
}

#[test]
fn buffered_stream_stall() {
    assert_pair("buffered_stream_stall", "symptom: lost 9 of 12 pages");
}

#[test]
fn cancel_unsafe_in_select() {
    assert_pair("cancel_unsafe_in_select", "symptom: lost 8 of 10 messages");
}

#[test]
fn detached_task() {
    assert_pair("detached_task", "symptom: lost 10 of 10 receipts");
}

#[test]
fn futurelock() {
    assert_pair("futurelock", "symptom: deadlocked");
}

#[test]
fn lagged_ignored() {
    assert_pair("lagged_ignored", "symptom: lost 18 of 20 orders");
}

#[test]
fn pending_without_wake() {
    assert_pair("pending_without_wake", "symptom: hangs");
}

#[test]
fn polled_after_completion() {
    assert_pair(
        "polled_after_completion",
        "`async fn` resumed after completion",
    );
}

#[test]
fn select_loop_without_cancellation() {
    assert_pair(
        "select_loop_without_cancellation",
        "symptom: still running 5s after",
    );
}

#[test]
fn timer_reset_in_select_loop() {
    assert_pair(
        "timer_reset_in_select_loop",
        "symptom: 20 lines unsent, deadline missed by 1040 ms",
    );
}

#[test]
fn unending_spawn_blocking() {
    assert_pair("unending_spawn_blocking", "symptom: does not end");
}

#[test]
fn async_guard_across_await() {
    assert_pair("async_guard_across_await", "and 40 of 100 are lost");
}

#[test]
fn block_in_place_in_join() {
    assert_pair("block_in_place_in_join", "symptom: the greeting took");
}

#[test]
fn blocking_pool_exhaustion() {
    assert_pair("blocking_pool_exhaustion", "symptom: a look-up took");
}

#[test]
fn blocking_task_in_join_set() {
    assert_pair("blocking_task_in_join_set", "symptom: 4 threads still work");
}

#[test]
fn dropped_handle_does_not_cancel() {
    assert_pair(
        "dropped_handle_does_not_cancel",
        "symptom: the database answered 5 queries",
    );
}

#[test]
fn ffi_panic_aborts() {
    assert_pair("ffi_panic_aborts", "thread caused non-unwinding panic");
}

#[test]
fn large_value_across_await() {
    assert_pair(
        "large_value_across_await",
        "symptom: 1000 downloads take 62 MiB",
    );
}

#[test]
fn never_polled() {
    assert_pair("never_polled", "symptom: 0 receipts sent");
}

#[test]
fn no_parallelism_without_spawn() {
    assert_pair(
        "no_parallelism_without_spawn",
        "symptom: 1 thread made all thumbnails",
    );
}

#[test]
fn noop_waker_in_async() {
    assert_pair("noop_waker_in_async", "symptom: hangs");
}

#[cfg(unix)]
#[test]
fn raw_fd_into_task() {
    assert_pair("raw_fd_into_task", "symptom: the diary says \"packet\"");
}

#[test]
fn stack_overflow_by_future() {
    assert_pair("stack_overflow_by_future", "has overflowed its stack");
}

#[test]
fn unbounded_concurrency() {
    assert_pair("unbounded_concurrency", "symptom: 5000 visitors at once");
}

#[test]
fn callback_with_one_lifetime() {
    assert_pair("callback_with_one_lifetime", "symptom: does not compile");
}

#[test]
fn completion_read_cancelled() {
    assert_pair("completion_read_cancelled", "symptom: bob is sent");
}

#[test]
fn idle_timer_in_select_loop() {
    assert_pair(
        "idle_timer_in_select_loop",
        "symptom: the session took 600s instead of 30s",
    );
}

#[test]
fn impl_trait_captures() {
    assert_pair("impl_trait_captures", "symptom: does not compile");
}

#[test]
fn pinned_handle_moved() {
    assert_pair("pinned_handle_moved", "symptom: 1 of 2 tunnels");
}

#[test]
fn queue_place_lost_in_select() {
    assert_pair(
        "queue_place_lost_in_select",
        "symptom: no turn in 200 ticks",
    );
}

#[test]
fn spawn_needs_send_variant() {
    assert_pair("spawn_needs_send_variant", "symptom: does not compile");
}

#[test]
fn state_in_two_futures() {
    assert_pair("state_in_two_futures", "symptom: does not compile");
}

#[test]
fn without_arguments_it_lists_every_trap() {
    let listed = text(&traps(&[]).stdout);
    for trap in [
        "std_guard_across_await",
        "block_in_place_in_test",
        "timeout_over_cpu_work",
    ] {
        assert!(listed.contains(trap), "{listed}");
    }
}

#[test]
fn an_unknown_trap_is_one_sentence_and_exit_code_2() {
    let output = traps(&["no_such_trap", "--broken"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "traps: there is no trap called `no_such_trap`; run without arguments to see the list\n"
    );
}

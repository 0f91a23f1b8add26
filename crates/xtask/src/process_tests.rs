use super::*;

fn shell(script: &str) -> Command {
    let mut command = sanitised("sh");
    command.args(["-c", script]);
    command
}

fn run(script: &str) -> Run<'static> {
    Run::new("the script", shell(script), Duration::from_mins(1))
}

#[test]
fn a_failure_shows_the_end_of_the_output_and_where_the_rest_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("logs/script.log");
    let script = "echo from-stdout; echo from-stderr >&2; exit 3";
    let error = run(script).log(&log).succeed().expect_err("failed");
    let sentence = error.sentence();
    assert!(
        sentence.starts_with("the script failed (exit status: 3)"),
        "{sentence}"
    );
    assert!(sentence.contains("logs/script.log"), "{sentence}");
    let log = fs::read_to_string(log).expect("a log");
    for text in [error.to_string(), log] {
        assert!(
            text.contains("from-stdout\n") || text.ends_with("from-stdout"),
            "{text}"
        );
        assert!(text.contains("from-stderr"), "{text}");
    }
}

#[test]
fn only_the_end_of_a_long_output_is_kept() {
    let error = run("for i in $(seq 100); do echo line$i; done; exit 1").succeed();
    let text = error.expect_err("failed").to_string();
    assert_eq!(text.lines().count(), 1 + TAIL_LINES);
    assert!(text.ends_with("line100"), "{text}");
}

#[test]
fn stdout_that_is_read_is_no_part_of_a_failure() {
    let mut lines = Vec::new();
    let run = run("echo data; echo trouble >&2; exit 1");
    let text = run.on_stdout(|line| lines.push(line.to_owned())).succeed();
    let text = text.expect_err("failed").to_string();
    assert_eq!(lines, ["data"]);
    assert!(text.contains("trouble") && !text.contains("data"), "{text}");
}

#[test]
fn a_full_disk_in_a_child_is_told_as_one() {
    let text = run("echo 'ld: No space left on device' >&2; exit 1").succeed();
    let text = text.expect_err("failed").sentence();
    assert!(text.contains("free some disk space"), "{text}");
}

#[test]
fn a_child_past_its_limit_is_killed_with_its_children() {
    let started = Instant::now();
    let command = shell("sh -c 'sleep 600' & sleep 600");
    let error = Run::new("the script", command, Duration::from_millis(200)).finish();
    let text = error.expect_err("stopped").to_string();
    assert!(
        text.contains("was stopped after 0s, its time limit"),
        "{text}"
    );
    // Had the grandchild lived on, its end of the pipes would have been waited for.
    assert!(started.elapsed() < Duration::from_mins(10));
}

#[test]
fn a_missing_program_is_named_with_its_mend() {
    let command = sanitised("no-such-program");
    let run = Run::new("the build", command, Duration::from_secs(1)).missing("install it");
    let text = run.finish().expect_err("missing").to_string();
    assert_eq!(
        text,
        "`no-such-program` was not found (the build needs it); install it"
    );
}

#[test]
fn settings_of_the_users_builds_do_not_reach_a_child() {
    for name in [
        "RUSTFLAGS",
        "CI",
        "CARGO_BUILD_TARGET",
        "CARGO_PROFILE_DEV_DEBUG",
    ] {
        assert!(is_foreign(name), "{name}");
    }
    for name in [
        "PATH",
        "HOME",
        "CARGO_HOME",
        "CARGO_NET_OFFLINE",
        "RUSTUP_HOME",
    ] {
        assert!(!is_foreign(name), "{name}");
    }
}

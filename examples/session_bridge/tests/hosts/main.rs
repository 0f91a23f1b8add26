//! Real hosts, in C and in Java, on the library as it is loaded by them.
//!
//! Each drives cycles of create, start, stop and destroy from several threads, does all that a host
//! can do wrong, and counts in `/proc` what is left at the end. A host whose compiler is missing is
//! skipped with a sentence that says so (`cargo test -- --nocapture` shows it).
#![cfg(target_os = "linux")]

mod tools;

use std::path::Path;

use tools::{Tool, bridge, library, output_of};

const CYCLES: &str = "1000";
const CYCLES_CHECKED: &str = "50";
const THREADS: &str = "6";

const NOTHING_LEAKED: &str = "0 threads and 0 descriptors leaked";

/// Compiles the C host into `folder`.
fn compile_c(cc: &Tool, folder: &Path, more: &[&str]) -> std::path::PathBuf {
    let host = folder.join("host");
    let library = library();
    let beside = library.parent().expect("a file is in a folder");
    let mut compile = cc.command();
    compile
        .args(["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Wpedantic"])
        .args(["-Werror", "-pthread", "-Iinclude", "-o"])
        .arg(&host)
        .args(["c/host.c", "c/support.c"])
        .args(more)
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", beside.display()))
        .current_dir(bridge());
    output_of(compile);
    host
}

#[test]
fn a_c_host_leaves_nothing_behind() {
    let Some(cc) = Tool::find("cc", "--version", "gcc") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let host = compile_c(&cc, folder.path(), &[]);
    let said = output_of(tools::limited(host, &[CYCLES, THREADS]));
    assert!(said.contains(NOTHING_LEAKED), "{said}");
}

/// Under valgrind; with the compiler's own checks where there is no valgrind.
#[test]
fn a_c_host_has_no_error_of_memory() {
    let Some(cc) = Tool::find("cc", "--version", "gcc") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let said = if Tool::find("valgrind", "--version", "valgrind").is_some() {
        let host = compile_c(&cc, folder.path(), &[]);
        let mut arguments = vec![
            "--quiet",
            "--error-exitcode=9",
            "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect,possible",
        ];
        let host = host.to_str().expect("a path of ours");
        arguments.extend([host, CYCLES_CHECKED, THREADS]);
        output_of(tools::limited("valgrind", &arguments))
    } else {
        let checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover"];
        let host = compile_c(&cc, folder.path(), &checks);
        output_of(tools::limited(host, &[CYCLES_CHECKED, THREADS]))
    };
    assert!(said.contains(NOTHING_LEAKED), "{said}");
}

#[test]
fn the_header_is_c_and_cpp() {
    for (compiler, package, standard, source) in [
        ("cc", "gcc", "-std=c99", "header.c"),
        ("c++", "g++", "-std=c++11", "header.cpp"),
    ] {
        let Some(tool) = Tool::find(compiler, "--version", package) else {
            continue;
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(source);
        let text = "#include \"session_bridge.h\"\n\
                    session_bridge_options options = SESSION_BRIDGE_OPTIONS_INIT;\n\
                    session_bridge_stats stats = SESSION_BRIDGE_STATS_INIT;\n\
                    int32_t error = SESSION_BRIDGE_ERROR_FAILED;\n";
        std::fs::write(&file, text).unwrap();
        let mut check = tool.command();
        check
            .args([standard, "-fsyntax-only", "-Wall", "-Wextra", "-Werror"])
            .arg("-Iinclude")
            .arg(file)
            .current_dir(bridge());
        output_of(check);
    }
}

#[test]
fn a_java_host_leaves_nothing_behind() {
    let (Some(javac), Some(_)) = (
        Tool::find("javac", "--version", "default-jdk-headless"),
        Tool::find("java", "--version", "default-jdk-headless"),
    ) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let classes = folder.path().to_str().expect("a path of ours");
    let mut compile = javac.command();
    // `try`: that a scenario closes what is closed again later is what it is about.
    compile
        .args(["-Xlint:all,-try", "-Werror", "--release", "17"])
        .args(["-d", classes])
        .args(tools::java_sources())
        .current_dir(bridge());
    output_of(compile);

    let library = format!("-Dorg.asyncpatterns.bridge.library={}", library().display());
    let said = output_of(tools::limited(
        "java",
        &[
            // The JVM checks what the native methods do with it.
            "-Xcheck:jni",
            "-Xmx64m",
            &library,
            "-cp",
            classes,
            "host.Host",
            CYCLES,
            THREADS,
        ],
    ));
    assert!(said.contains(NOTHING_LEAKED), "{said}");
    let complaint = said.lines().find(|line| line.starts_with("WARNING"));
    assert_eq!(complaint, None, "-Xcheck:jni has something to say");
}

//! Real hosts, in C and in Java, on the library as it is loaded by them.
//!
//! Each drives cycles of create, start, stop and destroy from several threads, does all that a host
//! can do wrong, and counts in `/proc` what is left at the end. A host whose compiler is missing is
//! skipped with a sentence that says so (`cargo test -- --nocapture` shows it).
#![cfg(target_os = "linux")]

mod tools;

use std::path::{Path, PathBuf};

use tools::{Tool, bridge, library, output_of, readme_example};

const HOST: &[&str] = &["c/host.c", "c/support.c"];
const CYCLES: &str = "1000";
const CYCLES_CHECKED: &str = "50";
const THREADS: &str = "6";

const NOTHING_LEAKED: &str = "0 threads and 0 descriptors leaked";

/// Compiles a C program of these files into `folder`.
fn compile_c(cc: &Tool, folder: &Path, files: &[&str], more: &[&str]) -> PathBuf {
    let host = folder.join("host");
    let library = library();
    let beside = library.parent().expect("a file is in a folder");
    let mut compile = cc.command();
    compile
        .args(["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Wpedantic"])
        .args(["-Werror", "-pthread", "-Iinclude", "-o"])
        .arg(&host)
        .args(files)
        .args(more)
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", beside.display()))
        .current_dir(bridge());
    output_of(compile);
    host
}

/// Compiles Java files into the folder `classes`.
fn compile_java(javac: &Tool, classes: &str, files: &[PathBuf]) {
    let mut compile = javac.command();
    // `try`: that a scenario closes what is closed again later is what it is about.
    compile
        .args(["-Xlint:all,-try", "-Werror", "--release", "17"])
        .args(["-d", classes])
        .args(files)
        .current_dir(bridge());
    output_of(compile);
}

fn library_property() -> String {
    format!("-Dorg.asyncpatterns.bridge.library={}", library().display())
}

#[test]
fn a_c_host_leaves_nothing_behind() {
    let Some(cc) = Tool::find("cc", "--version", "gcc") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let host = compile_c(&cc, folder.path(), HOST, &[]);
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
        let host = compile_c(&cc, folder.path(), HOST, &[]);
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
        let host = compile_c(&cc, folder.path(), HOST, &checks);
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
    compile_java(&javac, classes, &tools::java_sources("java"));
    let library = library_property();
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

#[test]
fn the_readmes_c_example_runs() {
    let Some(cc) = Tool::find("cc", "--version", "gcc") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.c");
    std::fs::write(&file, readme_example("c")).unwrap();
    let file = file.to_str().expect("a path of ours");
    let example = compile_c(&cc, folder.path(), &[file], &[]);
    let said = output_of(tools::limited(example, &[]));
    assert_eq!(said, "outcome 1\n");
}

#[test]
fn the_readmes_java_example_runs() {
    let Some(javac) = Tool::find("javac", "--version", "default-jdk-headless") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Example.java");
    std::fs::write(&file, readme_example("java")).unwrap();
    let classes = folder.path().to_str().expect("a path of ours");
    let mut files = tools::java_sources("java/org");
    files.push(file);
    compile_java(&javac, classes, &files);
    let library = library_property();
    let said = output_of(tools::limited(
        "java",
        &[&library, "-cp", classes, "Example"],
    ));
    assert_eq!(said, "outcome STOPPED\n");
}

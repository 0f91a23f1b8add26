//! Running other programs: output bounded and kept in a log file, time limited, the environment
//! free of what would change the result, and a clear sentence when the program is missing.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, FileContext, MORE_SPACE, Result};
use crate::ui::human;

/// Lines of output kept in memory for the report of a failure; the log file has all of them.
const TAIL_LINES: usize = 40;
/// Longest line kept in memory; a longer one is cut in the tail, not in the log.
const TAIL_LINE_BYTES: usize = 4 * 1024;
/// How often a running child is looked at.
const POLL: Duration = Duration::from_millis(50);

/// How long the output may stay open after the child has ended.
const GRACE: Duration = Duration::from_secs(10);

/// Variables that make cargo or rustc build something else than this project means to build.
/// `RUSTUP_TOOLCHAIN` and `CARGO` are set by the cargo that runs us and would pin its toolchain.
const FOREIGN: &[&str] = &[
    "CARGO",
    "CI",
    "CLIPPY_ARGS",
    "MAKEFLAGS",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTDOC",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
    "LD_LIBRARY_PATH",
];
/// Prefixes of such variables. `CARGO_HOME`, `CARGO_NET_*`, `CARGO_HTTP_*` and registry settings
/// stay: they say where crates come from, not how they are built.
const FOREIGN_PREFIXES: &[&str] = &[
    "CARGO_BIN_",
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_ENCODED_",
    "CARGO_FEATURE_",
    "CARGO_INCREMENTAL",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PRIMARY_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_UNSTABLE_",
    "CFG_",
    "DYLINT_",
];

/// A command without the variables of our own cargo run and of the user's build settings.
pub(crate) fn sanitised(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_foreign) {
            command.env_remove(name);
        }
    }
    command
}

fn is_foreign(name: &str) -> bool {
    FOREIGN.contains(&name)
        || FOREIGN_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// A command line that is about to run.
pub(crate) struct Run<'a> {
    command: Command,
    name: String,
    mend: Option<String>,
    log: Option<PathBuf>,
    limit: Duration,
    reads_stdout: bool,
    on_stdout: Box<dyn FnMut(&str) + Send + 'a>,
    on_stderr: Box<dyn FnMut(&str) + Send + 'a>,
}

/// How a command came out.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) name: String,
    pub(crate) status: ExitStatus,
    /// The last lines of both outputs.
    pub(crate) tail: Vec<String>,
    pub(crate) log: Option<PathBuf>,
}

impl<'a> Run<'a> {
    /// `name` is what the user reads when it fails, for example ``"`cargo build` of the compiler"``.
    /// Every run has a time limit; a child that passes it is killed with all its children.
    pub(crate) fn new(name: impl Into<String>, command: Command, limit: Duration) -> Self {
        Self {
            command,
            name: name.into(),
            mend: None,
            log: None,
            limit,
            reads_stdout: false,
            on_stdout: Box::new(|_| {}),
            on_stderr: Box::new(|_| {}),
        }
    }

    /// What to do when the program is not there.
    pub(crate) fn missing(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }

    /// Writes both outputs to this file (replaced at the start), with the command line first.
    pub(crate) fn log(mut self, file: impl Into<PathBuf>) -> Self {
        self.log = Some(file.into());
        self
    }

    /// Called with every line of stdout, without the line break. It is data then and no part of
    /// what a failure shows.
    pub(crate) fn on_stdout(mut self, line: impl FnMut(&str) + Send + 'a) -> Self {
        self.reads_stdout = true;
        self.on_stdout = Box::new(line);
        self
    }

    /// Called with every line of stderr, without the line break.
    pub(crate) fn on_stderr(mut self, line: impl FnMut(&str) + Send + 'a) -> Self {
        self.on_stderr = Box::new(line);
        self
    }

    /// Runs it and waits; a non-zero exit is an error that shows the end of the output.
    ///
    /// # Errors
    /// As [`Run::finish`], and when the command fails.
    pub(crate) fn succeed(self) -> Result<Finished> {
        let finished = self.finish()?;
        if finished.status.success() {
            Ok(finished)
        } else {
            Err(finished.failure())
        }
    }

    /// Runs it and waits, whatever its exit status.
    ///
    /// # Errors
    /// When it cannot be started, passes its time limit, or its log cannot be written.
    pub(crate) fn finish(mut self) -> Result<Finished> {
        let started = Instant::now();
        let log = self
            .log
            .as_deref()
            .map(|path| open_log(path, &self.command))
            .transpose()?;
        let sink = Sink {
            tail: Mutex::default(),
            log: log.map(Mutex::new),
        };
        let mut child = self.spawn()?;
        let _listed = Listed::new(&child);
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let status = thread::scope(|scope| {
            let sink = &sink;
            let on_stdout = &mut self.on_stdout;
            let on_stderr = &mut self.on_stderr;
            let in_tail = !self.reads_stdout;
            let readers = [
                scope.spawn(move || sink.drain(stdout, in_tail, on_stdout)),
                scope.spawn(move || sink.drain(stderr, true, on_stderr)),
            ];
            let status = wait(&mut child, started, self.limit);
            close_pipes(child.id(), &readers);
            status
        });
        let status = status
            .map_err(|error| Error::new(format!("could not wait for {}: {error}", self.name)))?;
        let tail: Vec<_> = sink
            .tail
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .into_iter()
            .collect();
        match status {
            Some(status) => Ok(Finished {
                name: self.name,
                status,
                tail,
                log: self.log,
            }),
            None => Err(Error::new(format!(
                "{} was stopped after {}, its time limit{}",
                self.name,
                human(self.limit),
                place(self.log.as_deref())
            ))
            .details(tail)),
        }
    }

    fn spawn(&mut self) -> Result<Child> {
        self.command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own, so that a time limit ends rustc and cc too and not cargo alone.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        self.command.spawn().map_err(|error| {
            let program = Path::new(self.command.get_program()).display().to_string();
            if error.kind() == io::ErrorKind::NotFound {
                let error = Error::new(format!(
                    "`{program}` was not found ({} needs it)",
                    self.name
                ));
                match self.mend.take() {
                    Some(mend) => error.mend(mend),
                    None => error.mend(format!("install `{program}` or put it on the PATH")),
                }
            } else {
                Error::new(format!(
                    "could not start `{program}` for {}: {error}",
                    self.name
                ))
            }
        })
    }
}

impl Finished {
    /// The error for a run that should have succeeded.
    pub(crate) fn failure(&self) -> Error {
        let error = Error::new(format!(
            "{} failed ({}){}",
            self.name,
            self.status,
            place(self.log.as_deref())
        ))
        .details(self.tail.clone());
        let full = |line: &String| line.contains("No space left on device");
        if self.tail.iter().any(full) {
            return error.mend(MORE_SPACE);
        }
        error
    }
}

/// Where all of the output is.
fn place(log: Option<&Path>) -> String {
    log.map(|log| format!(", its output is in `{}`", log.display()))
        .unwrap_or_default()
}

/// The stdout of a short command, trimmed; a failure is an error.
///
/// # Errors
/// As [`Run::succeed`].
pub(crate) fn read(name: &str, command: Command, mend: &str) -> Result<String> {
    let mut text = String::new();
    Run::new(name, command, Duration::from_mins(1))
        .missing(mend)
        .on_stdout(|line| {
            text.push_str(line);
            text.push('\n');
        })
        .succeed()?;
    text.truncate(text.trim_end().len());
    Ok(text)
}

fn open_log(path: &Path, command: &Command) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).file("create the folder", folder)?;
    }
    let mut log = File::create(path).file("create the log", path)?;
    writeln!(log, "$ {command:?}").file("write the log", path)?;
    Ok(log)
}

/// Waits for the child; `None` when it had to be killed.
fn wait(child: &mut Child, started: Instant, limit: Duration) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() >= limit {
            kill(child.id());
            // The group may be gone already; the child itself must be.
            drop(child.kill());
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// Waits until the output has been read. A grandchild that outlives the child may hold the pipes
/// open for as long as it likes; it is ended after a while.
fn close_pipes(group: u32, readers: &[thread::ScopedJoinHandle<'_, ()>]) {
    let ended = Instant::now();
    while readers.iter().any(|reader| !reader.is_finished()) {
        if ended.elapsed() >= GRACE {
            kill(group);
            return;
        }
        thread::sleep(POLL);
    }
}

struct Sink {
    tail: Mutex<VecDeque<String>>,
    log: Option<Mutex<File>>,
}

impl Sink {
    fn drain(
        &self,
        pipe: Option<impl Read>,
        in_tail: bool,
        on_line: &mut (impl FnMut(&str) + ?Sized),
    ) {
        let Some(pipe) = pipe else { return };
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            if let Some(log) = &self.log {
                // A full disk shows in the command's own result; its output must still be drained.
                drop(
                    log.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .write_all(&line),
                );
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            on_line(text);
            if in_tail {
                let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
                if tail.len() == TAIL_LINES {
                    tail.pop_front();
                }
                tail.push_back(text[..text.floor_char_boundary(TAIL_LINE_BYTES)].to_owned());
            }
            line.clear();
        }
    }
}

/// The process groups of the children that run now, for [`end_with_us`].
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

struct Listed(u32);

impl Listed {
    fn new(child: &Child) -> Self {
        RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(child.id());
        Self(child.id())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|id| *id != self.0);
    }
}

/// Makes Ctrl-C, SIGTERM and SIGHUP end our children too, which run in groups of their own.
pub(crate) fn end_with_us() {
    let installed = ctrlc::set_handler(|| {
        for id in RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            kill(*id);
        }
        std::process::exit(130);
    });
    // Without the handler an interrupt ends only us; everything else works.
    drop(installed);
}

#[cfg(unix)]
fn kill(group: u32) {
    let group = i32::try_from(group)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // It may have ended by itself in the meantime.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// Elsewhere an interrupt reaches every process of the console by itself.
#[cfg(not(unix))]
fn kill(_group: u32) {}

#[cfg(test)]
#[cfg(unix)]
#[path = "process_tests.rs"]
mod tests;

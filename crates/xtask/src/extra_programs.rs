//! Programs of the machine that some tests run. A test whose program is missing skips itself; here
//! they are installed first, where that can be done without asking anybody.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process::{Run, sanitised};
use crate::ui::Ui;

/// Far more than a slow mirror takes.
const LIMIT: Duration = Duration::from_mins(10);

/// A program, how it is asked whether it is there, its Debian package, and what is skipped without.
struct Program {
    name: &'static str,
    ask: &'static str,
    package: &'static str,
    tests: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "cc",
        ask: "--version",
        package: "gcc",
        tests: "session_bridge's C host",
    },
    Program {
        name: "c++",
        ask: "--version",
        package: "g++",
        tests: "session_bridge's header as C++",
    },
    Program {
        name: "valgrind",
        ask: "--version",
        package: "valgrind",
        tests: "session_bridge's C host under valgrind (it runs under the address sanitizer)",
    },
    Program {
        name: "javac",
        ask: "--version",
        package: "default-jdk-headless",
        tests: "session_bridge's Java host",
    },
    Program {
        name: "ip",
        ask: "-V",
        package: "iproute2",
        tests: "io_loop on a TUN interface",
    },
    Program {
        name: "curl",
        ask: "--version",
        package: "curl",
        tests: "io_loop on a TUN interface",
    },
];

/// Installs what is missing if this is root on a machine with apt, and says what is missing still.
pub(crate) fn install(logs: &Path, ui: &Ui) {
    let missing: Vec<_> = PROGRAMS.iter().filter(|program| !program.found()).collect();
    if missing.is_empty() {
        return;
    }
    if is_root() {
        let packages: Vec<_> = missing.iter().map(|program| program.package).collect();
        let step = ui.step(format!("installing {}", packages.join(", ")));
        let log = logs.join("extra-programs.log");
        // Package lists that are there may be too old, and a bare image has none.
        let installed = apt_get(&[&["install"], &packages[..]].concat(), &log)
            || (apt_get(&["update"], &log)
                && apt_get(&[&["install"], &packages[..]].concat(), &log));
        step.done(if installed { "done" } else { "failed" });
    }
    for program in missing.into_iter().filter(|program| !program.found()) {
        let Program {
            name,
            package,
            tests,
            ..
        } = program;
        ui.warn(format_args!(
            "`{name}` was not found, so these tests are skipped: {tests}; \
             install it, on Debian with `sudo apt-get install {package}`"
        ));
    }
}

impl Program {
    fn found(&self) -> bool {
        Command::new(self.name)
            .arg(self.ask)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// apt asks for a password, or fails, for anybody else.
fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}

fn apt_get(arguments: &[&str], log: &Path) -> bool {
    let mut command = sanitised("apt-get");
    command
        .args(["--yes", "--no-install-recommends"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    Run::new(format!("`apt-get {}`", arguments[0]), command, LIMIT)
        .log(log)
        .succeed()
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_what_is_not_is_not() {
        let program = |name, ask| Program {
            name,
            ask,
            package: "",
            tests: "",
        };
        assert!(program("cargo", "--version").found());
        assert!(!program("cargo", "--no-such-option").found());
        assert!(!program("no-such-program-anywhere", "--version").found());
    }
}

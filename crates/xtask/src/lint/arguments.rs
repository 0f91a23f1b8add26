//! What the user's cargo arguments mean for a lint run.

use crate::error::{Error, Result};

/// Options that choose targets; without one of them all targets are linted.
const TARGET_OPTIONS: &[&str] = &[
    "--lib",
    "--bins",
    "--bin",
    "--examples",
    "--example",
    "--tests",
    "--test",
    "--benches",
    "--bench",
    "--all-targets",
];

/// Options with a value that `cargo metadata` needs to see the same dependencies.
const SHARED_WITH_VALUE: &[&str] = &["--features", "-F", "--config"];
/// The same without a value.
const SHARED_FLAGS: &[&str] = &[
    "--all-features",
    "--no-default-features",
    "--locked",
    "--offline",
    "--frozen",
];

/// Options that only `cargo fix` knows.
const FIX_FLAGS: &[&str] = &[
    "--allow-dirty",
    "--allow-staged",
    "--allow-no-vcs",
    "--broken-code",
];

/// Options that this command sets itself.
const OURS: &[(&str, &str)] = &[
    (
        "--message-format",
        "choose the output with `--format` before the `--`",
    ),
    ("--manifest-path", "give the project's folder as PATH"),
    (
        "--target-dir",
        "set the environment variable CARGO_TARGET_DIR",
    ),
];

/// The arguments after `--`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CargoArguments(Vec<String>);

impl CargoArguments {
    /// Refuses options that this command sets itself, and cargo's own `--`.
    pub(crate) fn new(arguments: &[String]) -> Result<Self> {
        for argument in arguments {
            let name = name(argument);
            if let Some((name, mend)) = OURS.iter().find(|(ours, _)| *ours == name) {
                return Err(
                    Error::new(format!("the cargo argument `{name}` cannot be used here"))
                        .mend(*mend),
                );
            }
        }
        Ok(Self(arguments.to_vec()))
    }

    /// For `cargo check`, with `--all-targets` unless targets were chosen.
    pub(crate) fn for_check(&self) -> Vec<String> {
        self.with_targets()
            .filter(|argument| !FIX_FLAGS.contains(&argument.as_str()))
            .collect()
    }

    /// For `cargo fix`.
    pub(crate) fn for_fix(&self) -> Vec<String> {
        self.with_targets().collect()
    }

    fn with_targets(&self) -> impl Iterator<Item = String> + '_ {
        let chosen = self
            .0
            .iter()
            .any(|argument| TARGET_OPTIONS.contains(&name(argument)));
        let all = (!chosen).then(|| "--all-targets".to_owned());
        all.into_iter().chain(self.0.iter().cloned())
    }

    /// For `cargo metadata`.
    pub(crate) fn for_metadata(&self) -> Vec<String> {
        let flags = self
            .0
            .iter()
            .filter(|argument| SHARED_FLAGS.contains(&argument.as_str()));
        let mut arguments: Vec<_> = flags.cloned().collect();
        for option in SHARED_WITH_VALUE {
            for value in self.values(option) {
                arguments.extend([(*option).to_owned(), value]);
            }
        }
        arguments
    }

    /// For `cargo clean`: what decides in which folder the units are.
    pub(crate) fn for_clean(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        if self.has("--release") || self.has("-r") {
            arguments.push("--release".to_owned());
        }
        for option in ["--profile", "--target"] {
            for value in self.values(option) {
                arguments.extend([option.to_owned(), value]);
            }
        }
        arguments
    }

    /// Whether all that a plain run checks is checked: no choice of packages or targets.
    pub(crate) fn chooses_nothing(&self) -> bool {
        !self.0.iter().any(|argument| {
            let name = name(argument);
            let of_targets = TARGET_OPTIONS.contains(&name) && name != "--all-targets";
            let of_packages = matches!(name, "--package" | "--exclude") || name.starts_with("-p");
            of_targets || of_packages
        })
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.0.iter().any(|argument| argument == flag)
    }

    /// Every value of an option, written `--option value`, `--option=value` or `-Ovalue`.
    pub(crate) fn values(&self, option: &str) -> Vec<String> {
        let mut values = Vec::new();
        let mut arguments = self.0.iter();
        while let Some(argument) = arguments.next() {
            if argument == option {
                values.extend(arguments.next().cloned());
            } else if let Some(rest) = argument.strip_prefix(option) {
                let short = !option.starts_with("--");
                match rest.strip_prefix('=') {
                    Some(value) => values.push(value.to_owned()),
                    None if short => values.push(rest.to_owned()),
                    None => {}
                }
            }
        }
        values
    }
}

/// An argument without the value that is written in it.
fn name(argument: &str) -> &str {
    argument.split('=').next().unwrap_or(argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> CargoArguments {
        let words: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
        CargoArguments::new(&words).expect("usable arguments")
    }

    #[test]
    fn all_targets_unless_some_are_chosen() {
        assert_eq!(arguments("").for_check(), ["--all-targets"]);
        assert_eq!(arguments("-p x").for_check(), ["--all-targets", "-p", "x"]);
        for chosen in ["--lib", "--bin=x", "--test a", "--bins --workspace"] {
            assert_eq!(
                arguments(chosen).for_check(),
                arguments(chosen).0,
                "{chosen}"
            );
        }
    }

    #[test]
    fn a_choice_of_packages_or_targets_is_noticed() {
        for whole in [
            "",
            "--workspace",
            "--all-targets --features x",
            "--profile dev",
        ] {
            assert!(arguments(whole).chooses_nothing(), "{whole}");
        }
        for part in [
            "-p x",
            "-px",
            "--package=x",
            "--lib",
            "--workspace --exclude x",
        ] {
            assert!(!arguments(part).chooses_nothing(), "{part}");
        }
    }

    #[test]
    fn fix_options_are_for_fix_only() {
        let both = arguments("--lib --allow-dirty");
        assert_eq!(both.for_fix(), ["--lib", "--allow-dirty"]);
        assert_eq!(both.for_check(), ["--lib"]);
    }

    #[test]
    fn metadata_gets_features_and_lock_options() {
        let metadata = arguments("--features a,b -Fc --locked --lib --features=d").for_metadata();
        assert_eq!(
            metadata,
            [
                "--locked",
                "--features",
                "a,b",
                "--features",
                "d",
                "-F",
                "c"
            ]
        );
    }

    #[test]
    fn clean_gets_the_folder() {
        let clean = arguments("--release --target wasm32-unknown-unknown -p x").for_clean();
        assert_eq!(clean, ["--release", "--target", "wasm32-unknown-unknown"]);
    }

    #[test]
    fn options_set_here_are_refused() {
        for argument in ["--message-format=json", "--manifest-path", "--target-dir"] {
            let error = CargoArguments::new(&[argument.to_owned()]).expect_err("it is refused");
            assert!(
                error.to_string().contains("cannot be used here; "),
                "{error}"
            );
        }
    }

    #[test]
    fn an_option_is_not_taken_for_a_longer_one() {
        assert_eq!(
            arguments("--profiles x --profile dev").values("--profile"),
            ["dev"]
        );
    }
}

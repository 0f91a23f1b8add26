//! The environment variables that decide how a linted project is built.

use std::ffi::OsString;
use std::process::Command;

/// Set on every cargo that looks at the project; all other build variables are taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BuildSettings(Vec<(OsString, OsString)>);

impl BuildSettings {
    /// The user's own: their project is checked as they build it.
    pub(crate) fn of_user() -> Self {
        let kept = |name: &OsString| name.to_str().is_some_and(is_kept);
        Self(std::env::vars_os().filter(|(name, _)| kept(name)).collect())
    }

    /// These and no others, for results that do not depend on who runs it.
    pub(crate) fn fixed<V: Into<OsString>>(
        variables: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }

    /// The values of all variables whose name ends so.
    pub(crate) fn values(&self, name_end: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(name, _)| {
            let name = name.to_str();
            name.is_some_and(|name| name.ends_with(name_end))
        });
        named
            .map(|(_, value)| value.to_string_lossy().into_owned())
            .collect()
    }

    pub(crate) fn apply(&self, command: &mut Command) {
        command.envs(self.0.iter().map(|(name, value)| (name, value)));
    }
}

fn is_kept(name: &str) -> bool {
    matches!(
        name,
        "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS" | "CARGO_INCREMENTAL"
    ) || ["CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_variables_are_kept_and_wrappers_are_not() {
        assert!(is_kept("RUSTFLAGS") && is_kept("CARGO_TARGET_DIR"));
        assert!(!is_kept("RUSTC_WRAPPER") && !is_kept("CARGO_MANIFEST_DIR") && !is_kept("PATH"));
    }

    #[test]
    fn values_are_found_by_the_end_of_the_name() {
        let settings = BuildSettings::fixed([
            ("CARGO_BUILD_RUSTFLAGS", "-C x"),
            ("RUSTFLAGS", "-C y"),
            ("CARGO_INCREMENTAL", "0"),
        ]);
        assert_eq!(settings.values("RUSTFLAGS"), ["-C x", "-C y"]);
    }

    #[test]
    fn fixed_settings_are_set() {
        let mut command = Command::new("cargo");
        BuildSettings::fixed([("CARGO_INCREMENTAL", "0")]).apply(&mut command);
        let set: Vec<_> = command.get_envs().collect();
        assert_eq!(set, [("CARGO_INCREMENTAL".as_ref(), Some("0".as_ref()))]);
    }
}

//! Settings: the `[async_patterns_lints]` table of the linted workspace's `dylint.toml`.

use std::fmt;

use rustc_session::Session;
use serde::Deserialize;

/// All settings. Every key is optional.
///
/// Items are named by any path under which they can be reached, re-exports included:
///
/// ```toml
/// [async_patterns_lints]
/// guard_types = ["my_locks::Guard"]
/// assume_blocking = ["my_db::Connection::query"]
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// More types that block others while they are alive, like `std::sync::MutexGuard`.
    pub(crate) guard_types: Vec<ItemPath>,
    /// Types that are never taken for a blocking guard, nor searched for one.
    pub(crate) non_guard_types: Vec<ItemPath>,
    /// More functions that block the calling thread.
    pub(crate) assume_blocking: Vec<ItemPath>,
    /// Functions that do not block the calling thread, whatever they seem to do.
    pub(crate) assume_non_blocking: Vec<ItemPath>,
    /// More functions that take long to compute.
    pub(crate) cpu_heavy_calls: Vec<ItemPath>,
    /// The largest value in bytes that a future may keep across an await.
    pub(crate) large_value_threshold: Threshold,
    /// Functions whose futures lose nothing when they are dropped half way.
    pub(crate) assume_cancel_safe: Vec<ItemPath>,
    /// More functions whose futures lose data when they are dropped half way.
    pub(crate) assume_cancel_unsafe: Vec<ItemPath>,
}

/// A size in bytes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Threshold(u64);

impl Threshold {
    pub(crate) fn bytes(self) -> u64 {
        self.0
    }
}

impl Default for Threshold {
    /// The limit that clippy's `large_futures` has.
    fn default() -> Self {
        Self(16 * 1024)
    }
}

/// The path of an item, such as `tokio::task::spawn_blocking` or `std::fs::File::open`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub(crate) struct ItemPath(String);

impl ItemPath {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ItemPath {
    type Error = String;

    fn try_from(path: String) -> Result<Self, String> {
        let segments: Vec<&str> = path.split("::").collect();
        if segments.len() < 2 || !segments.iter().all(|segment| is_identifier(segment)) {
            return Err(format!(
                "`{path}` is not the path of an item; write it as `crate_name::module::Item`"
            ));
        }
        Ok(Self(path))
    }
}

fn is_identifier(segment: &str) -> bool {
    let mut chars = segment.chars();
    chars
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic())
        && chars.all(|rest| rest == '_' || rest.is_alphanumeric())
}

/// Reads the settings; a bad value is reported once and ends the compilation with an error.
pub(crate) fn load(session: &Session) -> Config {
    dylint_linting::init_config(session);
    match dylint_linting::config::<Config>(env!("CARGO_PKG_NAME")) {
        Ok(config) => config.unwrap_or_default(),
        Err(error) => {
            session.dcx().err(bad_config(&error.to_string()));
            Config::default()
        }
    }
}

fn bad_config(error: &str) -> String {
    let error = error.strip_prefix("toml error: ").unwrap_or(error);
    let one_line: Vec<&str> = error.lines().map(str::trim).collect();
    format!(
        "dylint.toml, table [{}]: {}",
        env!("CARGO_PKG_NAME"),
        one_line.join(" ").trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        toml::from_str::<toml::Value>(text)
            .and_then(toml::Value::try_into)
            .map_err(|error| bad_config(&error.to_string()))
    }

    #[test]
    fn paths_are_read() {
        let config = parse(r#"guard_types = ["a::B", "c::d::E"]"#).unwrap();
        let paths: Vec<&str> = config.guard_types.iter().map(ItemPath::as_str).collect();
        assert_eq!(paths, ["a::B", "c::d::E"]);
        assert!(parse("").unwrap().guard_types.is_empty());
    }

    #[test]
    fn a_bad_value_names_its_key() {
        for (text, expected) in [
            ("guard_types = 3", "guard_types"),
            (r#"guard_types = ["Guard"]"#, "guard_types"),
            (r#"assume_blocking = ["a::"]"#, "assume_blocking"),
            (r#"guard_type = ["a::B"]"#, "guard_type"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(
                error.starts_with("dylint.toml, table [async_patterns_lints]: "),
                "{error}"
            );
            assert!(error.contains(&format!("`{expected}`")), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_threshold_has_a_default() {
        assert_eq!(parse("").unwrap().large_value_threshold.bytes(), 16_384);
        let config = parse("large_value_threshold = 4096").unwrap();
        assert_eq!(config.large_value_threshold.bytes(), 4096);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in ["", "Guard", "a::", "::a", "a::b c", "a::1b", "a::B<T>"] {
            assert!(ItemPath::try_from(path.to_owned()).is_err(), "{path}");
        }
    }
}

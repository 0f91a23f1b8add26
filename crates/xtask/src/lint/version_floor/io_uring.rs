//! Whether a project is built with tokio's `io_uring`: its feature alone does nothing without the
//! compiler flag `--cfg tokio_unstable`.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Value;

/// The flag that switches tokio's unstable parts on.
const CFG: &str = "tokio_unstable";

/// Whether cargo, run in `folder`, would hand the flag to the compiler, as far as its configuration
/// files and these environment variables tell.
pub(super) fn is_unstable_on(folder: &Path, variables: impl IntoIterator<Item = String>) -> bool {
    variables.into_iter().any(|value| value.contains(CFG))
        || config_files(folder)
            .iter()
            .filter_map(|file| fs::read_to_string(file).ok())
            .filter_map(|text| toml::from_str::<Value>(&text).ok())
            .any(|config| has_flag(&config))
}

/// The files that cargo merges: beside the project, in the folders above, in its home.
fn config_files(folder: &Path) -> Vec<PathBuf> {
    let above = folder.ancestors().map(|folder| folder.join(".cargo"));
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    above
        .chain(home)
        .flat_map(|folder| ["config.toml", "config"].map(|name| folder.join(name)))
        .collect()
}

/// `rustflags`, in `[build]` and in each `[target.…]`, is a text or a list of texts.
fn has_flag(config: &Value) -> bool {
    match config {
        Value::Table(table) => table.iter().any(|(key, value)| match key.as_str() {
            "rustflags" => mentions(value),
            _ => has_flag(value),
        }),
        _ => false,
    }
}

fn mentions(flags: &Value) -> bool {
    match flags {
        Value::String(flags) => flags.contains(CFG),
        Value::Array(flags) => flags.iter().any(mentions),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_config(text: &str) -> bool {
        let folder = tempfile::tempdir().expect("a folder");
        let project = folder.path().join("member");
        fs::create_dir_all(&project).expect("a folder");
        fs::create_dir_all(folder.path().join(".cargo")).expect("a folder");
        fs::write(folder.path().join(".cargo/config.toml"), text).expect("a file");
        is_unstable_on(&project, [])
    }

    #[test]
    fn flags_are_found_in_every_place_cargo_reads() {
        assert!(with_config(
            "[build]\nrustflags = [\"--cfg\", \"tokio_unstable\"]"
        ));
        assert!(with_config(
            "[target.'cfg(unix)']\nrustflags = \"--cfg tokio_unstable\""
        ));
        assert!(is_unstable_on(
            Path::new("/"),
            ["-C opt-level=1 --cfg tokio_unstable".to_owned()]
        ));
    }

    #[test]
    fn other_mentions_are_no_flags() {
        assert!(!with_config("[env]\nNOTE = \"tokio_unstable\""));
        assert!(!with_config("# tokio_unstable\n[build]\njobs = 2"));
        assert!(!with_config("not toml: tokio_unstable"));
    }
}

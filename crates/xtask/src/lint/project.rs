//! The project to lint: found, readable, and not too new for our compiler.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_metadata::{Metadata, Package, PackageId};
use semver::Version;

use crate::error::{Error, FileContext, Result};
use crate::lint::arguments::CargoArguments;
use crate::lint::settings::BuildSettings;
use crate::process::{self, Run};
use crate::setup::Toolchain;

/// Cargo may have to download the index entries and manifests of all dependencies.
const LIMIT: Duration = Duration::from_mins(20);

/// A cargo project that our compiler can check.
#[derive(Debug)]
pub(crate) struct Project {
    /// The manifest that was asked for; it need not be the workspace's.
    pub(crate) manifest: PathBuf,
    pub(crate) settings: BuildSettings,
    metadata: Metadata,
}

impl Project {
    /// Reads the project at `path`, a folder with a `Cargo.toml` or the file itself.
    pub(crate) fn open(
        path: &Path,
        arguments: &CargoArguments,
        settings: BuildSettings,
        toolchain: &Toolchain,
    ) -> Result<Self> {
        let manifest = manifest(path)?;
        let metadata = read_metadata(&manifest, arguments, &settings, toolchain)?;
        let project = Self {
            manifest,
            settings,
            metadata,
        };
        if !arguments.has("--ignore-rust-version") {
            project.check_rust_version(arguments, toolchain.rustc_version())?;
        }
        Ok(project)
    }

    /// The workspace's root: paths in findings are relative to it.
    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// Where dylint puts what it builds for this project.
    pub(crate) fn dylint_folder(&self) -> PathBuf {
        self.metadata.target_directory.join("dylint").into()
    }

    /// The packages whose crates dylint's driver sees, with their names.
    pub(crate) fn members(&self) -> BTreeMap<PackageId, String> {
        self.metadata
            .workspace_packages()
            .into_iter()
            .map(|package| (package.id.clone(), package.name.to_string()))
            .collect()
    }

    /// The package of the manifest itself, when it has one.
    pub(crate) fn package(&self) -> Option<&Package> {
        self.metadata
            .packages
            .iter()
            .find(|package| package.manifest_path.as_std_path() == self.manifest)
    }

    /// Name and version of every package that is built on this platform.
    pub(crate) fn built_versions(&self) -> BTreeSet<(String, String)> {
        let packages = self.metadata.packages.iter();
        packages
            .map(|package| (package.name.to_string(), package.version.to_string()))
            .collect()
    }

    /// Whether a package of this name is built with this feature.
    pub(crate) fn has_feature(&self, package: &str, feature: &str) -> bool {
        let ids: BTreeSet<_> = self
            .metadata
            .packages
            .iter()
            .filter(|candidate| candidate.name.as_str() == package)
            .map(|package| &package.id)
            .collect();
        let nodes = self
            .metadata
            .resolve
            .iter()
            .flat_map(|resolve| &resolve.nodes);
        nodes
            .filter(|node| ids.contains(&node.id))
            .flat_map(|node| &node.features)
            .any(|on| on.as_str() == feature)
    }

    fn check_rust_version(&self, arguments: &CargoArguments, ours: &Version) -> Result<()> {
        let roots = self.roots(arguments);
        let needed = reachable(&self.metadata, &roots);
        let too_new = self
            .metadata
            .packages
            .iter()
            .filter(|package| needed.contains(&package.id))
            .filter_map(|package| Some((package, package.rust_version.as_ref()?)))
            .filter(|(_, version)| release(version) > release(ours))
            // The newest first: mending it may mend the others.
            .max_by_key(|(package, version)| (release(version), package.name.to_string()));
        let Some((package, version)) = too_new else {
            return Ok(());
        };
        let (name, at) = (&package.name, &package.version);
        let what = format!(
            "`{name}` {at} needs Rust {version} and the lints check code with rustc {ours}, so \
             this project cannot be linted as it is"
        );
        let mend = if roots.contains(&package.id) {
            format!(
                "lower the `rust-version` of `{name}` if an older compiler will do, or pass \
                     `-- --ignore-rust-version` to try"
            )
        } else {
            format!(
                "choose an older one with `cargo update -p {name} --precise VERSION`, or pass \
                     `-- --ignore-rust-version` to try"
            )
        };
        Err(Error::new(what).mend(mend))
    }

    /// The packages that cargo would be asked to check.
    fn roots(&self, arguments: &CargoArguments) -> BTreeSet<PackageId> {
        let members = self.members();
        let mut named = arguments.values("--package");
        named.extend(arguments.values("-p"));
        if !named.is_empty() {
            let chosen: BTreeSet<_> = members
                .iter()
                .filter(|(_, name)| named.contains(name))
                .map(|(id, _)| id.clone())
                .collect();
            // A specification with a version or a wildcard: cargo knows it, all is a safe answer.
            if chosen.len() == named.len() {
                return chosen;
            }
            return members.into_keys().collect();
        }
        if arguments.has("--workspace") || arguments.has("--all") {
            return members.into_keys().collect();
        }
        match self.package() {
            Some(package) => BTreeSet::from([package.id.clone()]),
            None if self.metadata.workspace_default_members.is_available() => self
                .metadata
                .workspace_default_members
                .iter()
                .cloned()
                .collect(),
            None => members.into_keys().collect(),
        }
    }
}

/// Pre-release parts are left out as cargo does: a nightly 1.97 can build what needs 1.97.
fn release(version: &Version) -> (u64, u64, u64) {
    (version.major, version.minor, version.patch)
}

/// All packages that the roots are built with.
fn reachable(metadata: &Metadata, roots: &BTreeSet<PackageId>) -> BTreeSet<PackageId> {
    let nodes: BTreeMap<_, _> = metadata
        .resolve
        .iter()
        .flat_map(|resolve| &resolve.nodes)
        .map(|node| (&node.id, &node.dependencies))
        .collect();
    let mut seen = roots.clone();
    let mut open: Vec<_> = roots.iter().collect();
    while let Some(id) = open.pop() {
        for dependency in nodes.get(id).copied().into_iter().flatten() {
            if seen.insert(dependency.clone()) {
                open.push(dependency);
            }
        }
    }
    seen
}

pub(super) fn manifest(path: &Path) -> Result<PathBuf> {
    let shown = path.display();
    let kind = match fs::metadata(path) {
        Ok(kind) => kind,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Error::new(format!("`{shown}` does not exist"))
                .mend("give the folder of a cargo project"));
        }
        Err(error) => return Err(Error::file("read", path, &error)),
    };
    let manifest = if kind.is_dir() {
        path.join("Cargo.toml")
    } else {
        path.to_path_buf()
    };
    if manifest.file_name().is_none_or(|name| name != "Cargo.toml") {
        return Err(
            Error::new(format!("`{shown}` is neither a folder nor a `Cargo.toml`"))
                .mend("give the folder of a cargo project"),
        );
    }
    match fs::File::open(&manifest) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let above = path.canonicalize().ok().and_then(|path| {
                path.ancestors()
                    .skip(1)
                    .find(has_manifest)
                    .map(PathBuf::from)
            });
            let mend = match above {
                Some(above) => format!("the project above it is `{}`", above.display()),
                None => "give the folder of a cargo project".to_owned(),
            };
            return Err(Error::new(format!(
                "`{shown}` is no cargo project: there is no `Cargo.toml` in it"
            ))
            .mend(mend));
        }
        Err(error) => return Err(Error::file("read", &manifest, &error)),
    }
    manifest.canonicalize().file("resolve", &manifest)
}

fn has_manifest(folder: &&Path) -> bool {
    folder.join("Cargo.toml").is_file()
}

fn read_metadata(
    manifest: &Path,
    arguments: &CargoArguments,
    settings: &BuildSettings,
    toolchain: &Toolchain,
) -> Result<Metadata> {
    let triple = match arguments.values("--target").pop() {
        Some(triple) => triple,
        None => host(toolchain)?,
    };
    let mut command = toolchain.cargo();
    settings.apply(&mut command);
    command
        .args([
            "metadata",
            "--format-version",
            "1",
            "--color",
            "never",
            "--manifest-path",
        ])
        .arg(manifest)
        .args(["--filter-platform", &triple])
        .args(arguments.for_metadata())
        // So that cargo reads the configuration beside the project, as it will for the check.
        .current_dir(manifest.parent().unwrap_or(manifest));
    let mut json = String::new();
    let mut complaints = Vec::new();
    let finished = Run::new("`cargo metadata`", command, LIMIT)
        .on_stdout(|line| json.push_str(line))
        .on_stderr(|line| complaints.push(line.to_owned()))
        .finish()?;
    if !finished.status.success() {
        return Err(Error::new(format!(
            "cargo cannot read the project `{}`: {}",
            manifest.display(),
            cargo_error(&complaints)
        )));
    }
    serde_json::from_str(&json).map_err(|error| {
        Error::new(format!(
            "what `cargo metadata` said of the project is not understood: {error}"
        ))
    })
}

fn host(toolchain: &Toolchain) -> Result<String> {
    let mut command = toolchain.cargo();
    command.arg("-vV");
    let text = process::read(
        "`cargo -vV`",
        command,
        "install Rust from https://rustup.rs",
    )?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Error::new("`cargo -vV` names no host, so it is no usable cargo"))
}

/// What cargo complained of, on one line: the error and its causes, without its drawings.
pub(crate) fn cargo_error<'a>(lines: impl IntoIterator<Item = &'a String>) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for line in lines {
        let line = line.trim();
        // What `cargo dylint` says of the cargo that it started.
        if line.starts_with("Error: ") || line == "Stack backtrace:" {
            break;
        }
        if let Some(error) = line.strip_prefix("error: ") {
            parts = vec![error];
        } else if !parts.is_empty() && !line.is_empty() && line != "Caused by:" && !is_drawing(line)
        {
            parts.push(line);
        }
    }
    if parts.is_empty() {
        "it gave no reason".to_owned()
    } else {
        parts.join(": ")
    }
}

/// A line of a source excerpt: `  |`, `3 | edition = "2027"`, `--> Cargo.toml:4:11`.
fn is_drawing(line: &str) -> bool {
    line.contains('|') || line.starts_with("-->") || line.starts_with('^')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_that_are_no_project_say_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = |path: &Path| manifest(path).expect_err("no project").to_string();
        assert!(error(&folder.path().join("none")).contains("does not exist; give the folder"));
        assert!(error(folder.path()).contains("there is no `Cargo.toml` in it"));
        let file = folder.path().join("main.rs");
        fs::write(&file, "").expect("a file");
        assert!(error(&file).contains("neither a folder nor a `Cargo.toml`"));
        fs::write(folder.path().join("Cargo.toml"), "").expect("a file");
        let inner = folder.path().join("src");
        fs::create_dir(&inner).expect("a folder");
        assert!(error(&inner).contains("the project above it is"));
        assert!(manifest(folder.path()).is_ok());
    }

    #[test]
    fn cargos_complaint_becomes_one_line() {
        let lines: Vec<_> = "    Updating index\nerror: failed to parse manifest at `/p/Cargo.toml`\n\n\
            Caused by:\n  TOML parse error at line 4, column 11\n    |\n  4 | edition = \"2027\"\n    |           ^^^^\n  \
            unsupported edition"
            .lines()
            .map(str::to_owned)
            .collect();
        assert_eq!(
            cargo_error(&lines),
            "failed to parse manifest at `/p/Cargo.toml`: TOML parse error at line 4, column 11: \
             unsupported edition"
        );
        assert_eq!(cargo_error(&[]), "it gave no reason");
        let lines = [
            "error: no such package",
            "",
            "Error: Error: Compilation failed",
            "",
            "Caused by:",
        ];
        assert_eq!(cargo_error(&lines.map(str::to_owned)), "no such package");
    }

    fn project(member: &str, dependency: &str) -> Project {
        let package = |name: &str, id: &str, version: &str| {
            json!({
                "name": name, "version": "1.0.0", "id": id, "license": null, "license_file": null,
                "description": null, "source": null, "dependencies": [], "targets": [],
                "features": {}, "manifest_path": format!("/p/{name}/Cargo.toml"), "metadata": null,
                "publish": null, "authors": [], "categories": [], "keywords": [], "readme": null,
                "repository": null, "homepage": null, "documentation": null, "edition": "2021",
                "links": null, "default_run": null, "rust_version": version
            })
        };
        let node = |id: &str, dependencies: &[&str]| json!({ "id": id, "dependencies": dependencies, "deps": [], "features": [] });
        let metadata = json!({
            "packages": [
                package("member", "m", member), package("other", "o", "1.0"),
                package("dependency", "d", dependency),
            ],
            "workspace_members": ["m", "o"], "workspace_default_members": ["m", "o"],
            "resolve": { "nodes": [node("m", &[]), node("o", &["d"]), node("d", &[])], "root": null },
            "workspace_root": "/p", "target_directory": "/p/target", "version": 1, "metadata": null
        });
        Project {
            manifest: PathBuf::from("/p/Cargo.toml"),
            settings: BuildSettings::default(),
            metadata: serde_json::from_value(metadata).expect("metadata"),
        }
    }

    fn too_new(member: &str, dependency: &str, arguments: &[&str]) -> Option<String> {
        let words: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        let arguments = CargoArguments::new(&words).expect("usable arguments");
        let ours = Version::parse("1.96.0").expect("a version");
        project(member, dependency)
            .check_rust_version(&arguments, &ours)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn what_needs_a_newer_rust_is_named() {
        assert_eq!(too_new("1.96", "1.96.0", &[]), None);
        let member = too_new("1.97", "1.70", &[]).expect("it is too new");
        assert!(
            member.starts_with(
                "`member` 1.0.0 needs Rust 1.97.0 and the lints check code with rustc 1.96.0"
            ),
            "{member}"
        );
        assert!(
            member.contains("lower the `rust-version` of `member`"),
            "{member}"
        );
        let dependency = too_new("1.70", "1.99", &[]).expect("it is too new");
        assert!(
            dependency.contains("cargo update -p dependency --precise"),
            "{dependency}"
        );
    }

    #[test]
    fn packages_that_are_not_asked_for_may_be_newer() {
        assert_eq!(too_new("1.70", "1.99", &["-p", "member"]), None);
        assert!(too_new("1.70", "1.99", &["--package=other"]).is_some());
        assert!(too_new("1.70", "1.99", &["-p", "other@1.0.0"]).is_some());
        assert!(too_new("1.70", "1.99", &["--workspace"]).is_some());
    }

    #[test]
    fn a_nightly_counts_as_its_release() {
        let nightly = Version::parse("1.97.0-nightly").expect("a version");
        let needed = Version::parse("1.97.0").expect("a version");
        assert!(release(&needed) <= release(&nightly));
    }
}

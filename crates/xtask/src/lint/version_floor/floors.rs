//! The versions below which a pattern of this project does not hold, each with the change that
//! mended it.

use semver::Version;

/// A defect of a crate, and the versions that are free of it.
#[derive(Debug)]
pub(super) struct Floor {
    pub(super) package: &'static str,
    /// The first version that has the defect.
    pub(super) since: Version,
    /// The first version of the main line without it.
    pub(super) fixed: Version,
    /// The first version without it on each older line that was mended as well.
    pub(super) backports: &'static [Version],
    /// What the affected versions do; completes "tokio 1.44.1 …".
    pub(super) defect: &'static str,
    /// The pull request that mended it.
    pub(super) link: &'static str,
    /// Only a project that uses tokio's `io_uring` meets it.
    pub(super) needs_io_uring: bool,
}

/// All floors. Versions and reasons are those of the crates' change logs.
pub(super) const FLOORS: &[Floor] = &[
    Floor {
        package: "tokio",
        since: Version::new(0, 2, 5),
        fixed: Version::new(1, 44, 2),
        backports: &[
            Version::new(1, 38, 2),
            Version::new(1, 42, 1),
            Version::new(1, 43, 1),
        ],
        defect: "clones the values of a `broadcast` channel on several threads at once although it \
                 does not ask for `Sync`, which is unsound (RUSTSEC-2025-0023)",
        link: "https://github.com/tokio-rs/tokio/pull/7232",
        needs_io_uring: false,
    },
    Floor {
        package: "tokio",
        since: Version::new(1, 48, 0),
        fixed: Version::new(1, 51, 1),
        backports: &[],
        defect: "leaks the file descriptor of an `io_uring` open that is cancelled",
        link: "https://github.com/tokio-rs/tokio/pull/7983",
        needs_io_uring: true,
    },
    Floor {
        package: "tokio-util",
        since: Version::new(0, 7, 12),
        fixed: Version::new(0, 7, 16),
        backports: &[],
        defect: "polls the future of `CancellationToken::run_until_cancelled` first, also when the \
                 token is cancelled already, so a loop over a source that always has something \
                 ready never ends",
        link: "https://github.com/tokio-rs/tokio/pull/7462",
        needs_io_uring: false,
    },
];

impl Floor {
    pub(super) fn is_below(&self, version: &Version) -> bool {
        *version >= self.since && *version < self.fixed && !self.is_backported(version)
    }

    fn is_backported(&self, version: &Version) -> bool {
        self.backports
            .iter()
            .any(|fixed| same_line(fixed, version) && version >= fixed)
    }

    /// The nearest version without the defect: that of the same line where there is one.
    pub(super) fn target(&self, version: &Version) -> &Version {
        self.backports
            .iter()
            .find(|fixed| same_line(fixed, version))
            .unwrap_or(&self.fixed)
    }

    /// Whether cargo may go to the target without a change of any manifest but for upper bounds.
    pub(super) fn is_compatible(&self, version: &Version) -> bool {
        let requirement = semver::VersionReq {
            comparators: vec![semver::Comparator {
                op: semver::Op::Caret,
                major: version.major,
                minor: Some(version.minor),
                patch: Some(version.patch),
                pre: version.pre.clone(),
            }],
        };
        requirement.matches(self.target(version))
    }
}

fn same_line(a: &Version, b: &Version) -> bool {
    (a.major, a.minor) == (b.major, b.minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(package: &str, version: &str) -> Vec<&'static str> {
        let version = version.parse().expect("a version");
        FLOORS
            .iter()
            .filter(|floor| floor.package == package && floor.is_below(&version))
            .map(|floor| floor.link.rsplit('/').next().expect("a number"))
            .collect()
    }

    #[test]
    fn backports_count_on_their_own_line_only() {
        for (version, expected) in [
            ("0.1.22", &[][..]),
            ("0.2.4", &[]),
            ("0.2.25", &["7232"]),
            ("1.38.1", &["7232"]),
            ("1.38.2", &[]),
            ("1.38.9", &[]),
            ("1.39.0", &["7232"]),
            ("1.41.1", &["7232"]),
            ("1.42.0", &["7232"]),
            ("1.42.1", &[]),
            ("1.43.0", &["7232"]),
            ("1.43.4", &[]),
            ("1.44.1", &["7232"]),
            ("1.44.2", &[]),
            ("1.47.5", &[]),
            ("1.48.0", &["7983"]),
            ("1.51.0", &["7983"]),
            ("1.51.1", &[]),
        ] {
            assert_eq!(below("tokio", version), expected, "tokio {version}");
        }
    }

    #[test]
    fn only_versions_with_run_until_cancelled_can_have_its_defect() {
        for (version, expected) in [
            ("0.6.10", &[][..]),
            ("0.7.11", &[]),
            ("0.7.12", &["7462"]),
            ("0.7.15", &["7462"]),
            ("0.7.16", &[]),
        ] {
            assert_eq!(below("tokio-util", version), expected, "{version}");
        }
    }

    #[test]
    fn the_target_is_the_nearest_mended_version() {
        let floor = &FLOORS[0];
        for (version, target, compatible) in [
            ("1.38.0", "1.38.2", true),
            ("1.40.0", "1.44.2", true),
            ("1.43.0", "1.43.1", true),
            ("0.2.25", "1.44.2", false),
        ] {
            let version: Version = version.parse().expect("a version");
            assert_eq!(floor.target(&version).to_string(), target, "{version}");
            assert_eq!(floor.is_compatible(&version), compatible, "{version}");
        }
    }
}

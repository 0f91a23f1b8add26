//! Which lints a run asks for, and the compiler flags that follow from it.
//!
//! `--only` and `--skip` take the names of lints and of two sets: `correctness` are the lints that
//! are on by default, which report nothing on correct code; `strict` are all.
//!
//! Lints that are on by default are always computed and filtered when they are shown: the driver
//! does not tell cargo about `DYLINT_RUSTFLAGS`, and cargo would replay the messages of the last
//! run when only the flags changed. The flags therefore differ from the usual ones only where a
//! lint that is off by default is asked for.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::lint::catalog::Catalog;

/// A project that denies a lint would stop at the first crate, and the findings of the rest would be
/// missing. The exit code is `--deny`'s business.
pub(crate) const CAP_LINTS: &str = "--cap-lints=warn";

/// The set of the lints that are on by default.
const CORRECTNESS: &str = "correctness";
/// The set of all lints.
const STRICT: &str = "strict";

/// The choice of `--only` and `--skip`, checked against the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The lints whose findings count.
    pub(crate) shown: BTreeSet<String>,
    /// What `DYLINT_RUSTFLAGS` is to hold.
    pub(crate) rustflags: Vec<String>,
}

impl Selection {
    /// `only` replaces the lints that are on by default; `skip` takes some away.
    pub(crate) fn new(
        catalog: &Catalog,
        only: &[String],
        skip: &[String],
        user_flags: Option<&str>,
    ) -> Result<Self> {
        let only = named(catalog, only)?;
        let skip = named(catalog, skip)?;
        let asked = if only.is_empty() {
            // The project may have switched on lints that are off by default, so all count.
            catalog.names()
        } else {
            only.clone()
        };
        let shown: BTreeSet<_> = asked
            .into_iter()
            .filter(|name| !skip.contains(name))
            .collect();
        if shown.is_empty() {
            return Err(Error::new("--only and --skip together leave no lint")
                .mend("leave one of the two out"));
        }
        let mut rustflags = vec![CAP_LINTS.to_owned()];
        rustflags.extend(
            user_flags
                .into_iter()
                .flat_map(str::split_whitespace)
                .map(String::from),
        );
        let off_by_default = only.iter().filter(|name| {
            shown.contains(*name)
                && catalog
                    .get(name)
                    .is_some_and(|lint| !lint.is_on_by_default())
        });
        rustflags.extend(off_by_default.map(|name| format!("-W{name}")));
        Ok(Self { shown, rustflags })
    }

    /// Silences the lints that were not asked for, so that `--fix` leaves their findings alone.
    pub(crate) fn rustflags_for_fix(&self, catalog: &Catalog) -> Vec<String> {
        let silenced = catalog
            .names()
            .into_iter()
            .filter(|name| !self.shown.contains(name));
        self.rustflags
            .iter()
            .cloned()
            .chain(silenced.map(|name| format!("-A{name}")))
            .collect()
    }
}

/// The lints that these names of lints and sets stand for.
fn named(catalog: &Catalog, names: &[String]) -> Result<BTreeSet<String>> {
    let mut lints = BTreeSet::new();
    for name in names {
        match name.as_str() {
            STRICT => lints.extend(catalog.names()),
            CORRECTNESS => {
                let on = catalog.lints.iter().filter(|lint| lint.is_on_by_default());
                lints.extend(on.map(|lint| lint.name.clone()));
            }
            lint if catalog.get(lint).is_some() => drop(lints.insert(lint.to_owned())),
            _ => {
                let all: Vec<_> = catalog.names().into_iter().collect();
                let all = all.join(", ");
                return Err(
                    Error::new(format!("there is no lint `{name}`")).mend(format!(
                        "choose among the sets {CORRECTNESS} and {STRICT}, and {all}"
                    )),
                );
            }
        }
    }
    Ok(lints)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::catalog::tests::catalog;

    const ON: &str = "timeout_over_cpu_work";
    const OFF: &str = "large_value_across_await";

    fn select(only: &[&str], skip: &[&str]) -> Result<Selection> {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        Selection::new(&catalog(), &owned(only), &owned(skip), None)
    }

    #[test]
    fn the_flags_do_not_change_with_filters() {
        let plain = select(&[], &[]).expect("a selection");
        assert_eq!(plain.rustflags, ["--cap-lints=warn"]);
        assert_eq!(
            select(&[ON], &[]).expect("a selection").rustflags,
            plain.rustflags
        );
        let skipping = select(&[], &[ON]).expect("a selection");
        assert_eq!(skipping.rustflags, plain.rustflags);
        assert!(!skipping.shown.contains(ON) && skipping.shown.contains(OFF));
    }

    #[test]
    fn a_lint_that_is_off_is_switched_on_by_name() {
        let off = select(&[OFF], &[]).expect("a selection");
        assert_eq!(
            off.rustflags,
            ["--cap-lints=warn", "-Wlarge_value_across_await"]
        );
        assert_eq!(off.shown, BTreeSet::from([OFF.to_owned()]));
    }

    #[test]
    fn sets_are_read_from_the_default_levels() {
        let correctness = select(&["correctness"], &[]).expect("a selection");
        assert_eq!(correctness.shown, BTreeSet::from([ON.to_owned()]));
        assert_eq!(correctness.rustflags, ["--cap-lints=warn"]);
        let strict = select(&["strict"], &[]).expect("a selection");
        assert_eq!(strict.shown, catalog().names());
        assert_eq!(
            strict.rustflags,
            ["--cap-lints=warn", "-Wlarge_value_across_await"]
        );
        let rest = select(&["strict"], &["correctness"]).expect("a selection");
        assert_eq!(rest.shown, BTreeSet::from([OFF.to_owned()]));
        assert!(select(&["correctness"], &["strict"]).is_err());
    }

    #[test]
    fn users_flags_stay() {
        let kept = Selection::new(&catalog(), &[], &[], Some("-A unused  --cfg x"));
        let flags = kept.expect("a selection").rustflags;
        assert_eq!(flags, ["--cap-lints=warn", "-A", "unused", "--cfg", "x"]);
    }

    #[test]
    fn fixes_are_limited_to_what_is_asked() {
        let one = select(&[ON], &[]).expect("a selection");
        let flags = one.rustflags_for_fix(&catalog());
        assert_eq!(flags, ["--cap-lints=warn", "-Alarge_value_across_await"]);
    }

    #[test]
    fn unknown_and_empty_choices_are_refused() {
        let unknown = select(&["clippy"], &[])
            .expect_err("no such lint")
            .to_string();
        assert_eq!(
            unknown,
            "there is no lint `clippy`; choose among the sets correctness and strict, and \
             large_value_across_await, timeout_over_cpu_work"
        );
        assert!(select(&[ON], &[ON]).is_err());
    }
}

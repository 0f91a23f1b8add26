//! Lets the `testing` module see which futures a drop cut.

use std::cell::RefCell;

use super::report::CancelReport;

thread_local! {
    static OBSERVED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Collects the reports made on this thread until it is dropped. Meanwhile the default sink is
/// silent: a test that cancels on purpose at every poll would drown its own output.
pub(crate) struct Observer(());

impl Observer {
    pub(crate) fn new() -> Self {
        OBSERVED.set(Some(Vec::new()));
        Self(())
    }

    #[expect(
        clippy::unused_self,
        reason = "there is something to take while an observer lives"
    )]
    /// The futures cut since the last call, as they display; an outer before an inner one.
    pub(crate) fn take(&self) -> Vec<String> {
        OBSERVED.with_borrow_mut(|observed| observed.replace(Vec::new()).unwrap_or_default())
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        OBSERVED.set(None);
    }
}

// A future can be dropped while its thread ends, when thread-locals are gone already: `try_with`.

pub(super) fn is_observed() -> bool {
    OBSERVED
        .try_with(|observed| observed.borrow().is_some())
        .unwrap_or(false)
}

pub(super) fn observe(report: &CancelReport) {
    let _ = OBSERVED.try_with(|observed| {
        if let Some(observed) = &mut *observed.borrow_mut() {
            observed.push(format!(
                "`{}` ({}) {}",
                report.name(),
                report.created_at(),
                report.kind(),
            ));
        }
    });
}

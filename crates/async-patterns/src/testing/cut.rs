//! The `CancelDebug` futures that a round's drop cut, to say at which await it broke.

#[cfg(feature = "cancel-debug")]
pub(super) use with_reports::CutFutures;
#[cfg(not(feature = "cancel-debug"))]
pub(super) use without_reports::CutFutures;

#[cfg(feature = "cancel-debug")]
mod with_reports {
    use std::cell::OnceCell;

    use crate::cancel::observe::Observer;

    pub(in super::super) struct CutFutures {
        observer: Observer,
        names: OnceCell<Vec<String>>,
    }

    impl CutFutures {
        pub(in super::super) fn watch() -> Self {
            Self {
                observer: Observer::new(),
                names: OnceCell::new(),
            }
        }

        /// The drop is next: what was cut before belongs to the future's own doings.
        pub(in super::super) fn start(&self) {
            self.observer.take();
        }

        /// The drop is done: what is cut from now on belongs to the check.
        pub(in super::super) fn end(&self) {
            let _ = self.names.set(self.observer.take());
        }

        pub(in super::super) fn into_names(self) -> Vec<String> {
            let Self { observer, names } = self;
            names.into_inner().unwrap_or_else(|| observer.take())
        }
    }
}

#[cfg(not(feature = "cancel-debug"))]
mod without_reports {
    pub(in super::super) struct CutFutures;

    #[expect(clippy::unused_self, reason = "the interface is that of the twin")]
    impl CutFutures {
        pub(in super::super) fn watch() -> Self {
            Self
        }

        pub(in super::super) fn start(&self) {}

        pub(in super::super) fn end(&self) {}

        pub(in super::super) fn into_names(self) -> Vec<String> {
            Vec::new()
        }
    }
}

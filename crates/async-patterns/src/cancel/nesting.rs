//! Which wrapper is inside which: a thread-local chain of those being polled right now.

use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    /// The innermost wrapper with `with_parents` that this thread is polling.
    static INNERMOST: RefCell<Option<Arc<Link>>> = const { RefCell::new(None) };
}

#[derive(Debug)]
struct Link {
    name: Box<str>,
    parent: Option<Arc<Link>>,
}

/// One wrapper's place in the chain. Found at its first poll, because a future is only inside
/// another once it is polled by it.
#[derive(Debug, Default)]
pub(super) struct Nesting(Option<Arc<Link>>);

impl Nesting {
    /// Shows this wrapper to those polled inside, until the guard is dropped.
    pub(super) fn enter(&mut self, name: &str) -> Entered {
        let link = self.0.get_or_insert_with(|| {
            Arc::new(Link {
                name: name.into(),
                parent: INNERMOST.with_borrow(Clone::clone),
            })
        });
        Entered {
            outer: INNERMOST.replace(Some(Arc::clone(link))),
        }
    }

    /// The names of the wrappers around this one, the nearest first.
    pub(super) fn into_parents(self) -> Vec<Box<str>> {
        let mut parents = Vec::new();
        let mut next = self.0.as_ref().and_then(|link| link.parent.as_ref());
        while let Some(link) = next {
            parents.push(link.name.clone());
            next = link.parent.as_ref();
        }
        parents
    }
}

/// Restores the chain when it is dropped.
#[derive(Debug)]
pub(super) struct Entered {
    outer: Option<Arc<Link>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        INNERMOST.set(self.outer.take());
    }
}

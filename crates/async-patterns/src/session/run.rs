//! One run of a session's body, from the claim to the last of its cleaning up.
//!
//! This is the idle guard: whatever happens to a [`Run`] (its thread cannot be made, its body
//! panics, or the run is dropped unused), it ends the run in the state machine, exactly once.

use std::cell::Cell;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::body::LocalSessionBody;
use super::context::SessionContext;
use super::error::with_sources;
use super::lifecycle::{Lifecycle, Watch};
use super::panics::catch;
use super::runtime::Pass;
use super::state::SessionOutcome;

pub(super) type TokenLifecycle = Lifecycle<CancellationToken>;

pub(super) struct Run {
    pub(super) lifecycle: Arc<TokenLifecycle>,
    pub(super) watch: Watch,
    pub(super) token: CancellationToken,
    /// `None` once the run is over.
    pub(super) resources: Option<Resources>,
}

/// What a run holds on to while it lasts.
pub(super) struct Resources {
    pub(super) context: SessionContext,
    /// Keeps tokio's drivers, and so their descriptors, alive.
    pub(super) handle: Handle,
    /// Keeps a shutdown waiting.
    pub(super) pass: Pass,
}

impl Run {
    /// Polls the body to its end on this thread.
    pub(super) fn execute<B: LocalSessionBody>(mut self, body: B) -> SessionOutcome {
        let Resources {
            context,
            handle,
            pass,
        } = self
            .resources
            .take()
            .expect("a run is executed at most once, and by value");
        let outcome = if self.lifecycle.enter() {
            let _here = Here::mark(&self.lifecycle);
            self.poll_to_end(body, context, &handle, pass.abandoned())
        } else {
            // Stopped or destroyed before its first poll. The body's destructor is its own code.
            match catch(|| drop((body, context))) {
                Ok(()) => SessionOutcome::Stopped,
                Err(message) => SessionOutcome::Panicked(message.into()),
            }
        };
        self.finish(outcome.clone(), Some((handle, pass)));
        outcome
    }

    fn poll_to_end<B: LocalSessionBody>(
        &self,
        body: B,
        context: SessionContext,
        handle: &Handle,
        abandoned: &CancellationToken,
    ) -> SessionOutcome {
        let result = catch(|| {
            // Boxed, because the stacks of a host's threads are small and its futures need not be.
            let future = Box::pin(body.run(context));
            let result = handle.block_on(abandoned.run_until_cancelled(future));
            // The error's own code stays inside the catch too.
            result.map(|result| result.map_err(|error| with_sources(error.as_ref())))
        });
        match result {
            Ok(Some(Ok(()))) if self.token.is_cancelled() => SessionOutcome::Stopped,
            Ok(Some(Ok(()))) => SessionOutcome::Completed,
            Ok(Some(Err(message))) => SessionOutcome::Failed(message.into()),
            Ok(None) => SessionOutcome::RuntimeGone,
            // Timers and sockets panic once their runtime is gone.
            Err(_) if abandoned.is_cancelled() => SessionOutcome::RuntimeGone,
            Err(message) => SessionOutcome::Panicked(message.into()),
        }
    }

    /// The order matters: whoever sees the run ended must find its descriptors closed, and a
    /// shutdown that sees the gate empty must find every session `Ended`.
    fn finish(&mut self, outcome: SessionOutcome, held: Option<(Handle, Pass)>) {
        // Wakes the tasks the body left behind; a waker is foreign code.
        let _ = catch(|| self.token.cancel());
        let pass = held.map(|(handle, pass)| {
            drop(handle);
            pass
        });
        self.lifecycle.finish(&self.watch, outcome);
        drop(pass);
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Still full only if nobody executed it: there was no thread to do so.
        if let Some(Resources {
            context,
            handle,
            pass,
        }) = self.resources.take()
        {
            drop(context);
            self.finish(
                SessionOutcome::NotStarted("its thread could not be created".into()),
                Some((handle, pass)),
            );
        }
    }
}

thread_local! {
    static DRIVEN_HERE: Cell<*const TokenLifecycle> = const { Cell::new(std::ptr::null()) };
}

/// Marks the thread as the one that polls a session's body.
struct Here;

impl Here {
    fn mark(lifecycle: &Arc<TokenLifecycle>) -> Self {
        DRIVEN_HERE.set(Arc::as_ptr(lifecycle));
        Self
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        DRIVEN_HERE.set(std::ptr::null());
    }
}

/// Whether this thread polls the session's body, so that waiting here for its end would never end.
pub(super) fn is_driven_here(lifecycle: &Arc<TokenLifecycle>) -> bool {
    // The thread-local is gone in the destructors of others; no body is polled by then.
    DRIVEN_HERE
        .try_with(|here| here.get() == Arc::as_ptr(lifecycle))
        .unwrap_or(false)
}

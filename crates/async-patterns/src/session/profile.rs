//! How many threads a host's runtime has, how large and under which names.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Runtime};

use super::error::SessionError;
use super::panics::catch;

const MIB: usize = 1 << 20;

/// Below this a thread of tokio's overflows its stack before it has done anything of use. An
/// overflow is no panic: it ends the process.
const LEAST_STACK_BYTES: usize = 64 << 10;

/// The number of threads, their stacks and their names, for a runtime and the sessions on it.
///
/// | preset | workers | stack | blocking threads | for |
/// |---|---|---|---|---|
/// | [`mobile`](Self::mobile) | 2 | 1 MiB | 32 | a library inside an app |
/// | [`server`](Self::server) | one for each CPU (tokio's default) | 2 MiB | 512 (tokio's default) | a process of its own |
/// | [`test`](Self::test) | 1 | 1 MiB | 8 | tests |
///
/// # Stacks
///
/// A Rust thread has a stack of 2 MiB unless told otherwise ([std::thread, "Stack size"]), and that
/// is address space and, once touched, memory. 1 MiB saves half of it on each thread, which counts
/// inside an app; the price is that a future too large for the stack overflows earlier, and an
/// overflow ends the process. The session's own future is boxed for that reason; watch the others
/// with [`assert_future_size!`](crate::size).
///
/// # Why no preset has a current-thread runtime
///
/// A session's thread drives its body with `Handle::block_on`, and [that function] drives neither
/// timers nor sockets of a current-thread runtime. Such a runtime is right for a test or a one-off
/// call, through `Runtime::block_on`.
///
/// # Names
///
/// Workers and blocking threads are called `<prefix>-rt-<n>`, the threads of sessions
/// `<prefix>-<session>`. Linux shows the first 15 bytes, so keep the prefix short.
///
/// # Examples
///
/// ```
/// use async_patterns::session::RuntimeProfile;
///
/// let profile = RuntimeProfile::mobile()
///     .with_thread_name_prefix("tunnel")
///     .with_thread_stack_size(1536 << 10);
/// let runtime = profile.build()?;
/// assert_eq!(runtime.metrics().num_workers(), 2);
/// # Ok::<(), async_patterns::session::SessionError>(())
/// ```
///
/// [std::thread, "Stack size"]: https://doc.rust-lang.org/std/thread/index.html#stack-size
/// [that function]: https://docs.rs/tokio/latest/tokio/runtime/struct.Handle.html#method.block_on
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeProfile {
    worker_threads: Option<usize>,
    max_blocking_threads: usize,
    thread_stack_size: usize,
    thread_name_prefix: Cow<'static, str>,
}

impl RuntimeProfile {
    /// Two workers with stacks of 1 MiB: little memory, little competition with the app's threads.
    #[must_use]
    pub const fn mobile() -> Self {
        Self {
            worker_threads: Some(2),
            max_blocking_threads: 32,
            thread_stack_size: MIB,
            thread_name_prefix: Cow::Borrowed("mobile"),
        }
    }

    /// What tokio does by default: a worker for each CPU, stacks of 2 MiB.
    #[must_use]
    pub const fn server() -> Self {
        Self {
            worker_threads: None,
            max_blocking_threads: 512,
            thread_stack_size: 2 * MIB,
            thread_name_prefix: Cow::Borrowed("server"),
        }
    }

    /// One worker, so that a test sees few threads and few interleavings.
    #[must_use]
    pub const fn test() -> Self {
        Self {
            worker_threads: Some(1),
            max_blocking_threads: 8,
            thread_stack_size: MIB,
            thread_name_prefix: Cow::Borrowed("test"),
        }
    }

    /// [`server`](Self::server) under another prefix, to be changed with the `with_` methods.
    #[must_use]
    pub fn custom(thread_name_prefix: impl Into<Cow<'static, str>>) -> Self {
        Self::server().with_thread_name_prefix(thread_name_prefix)
    }

    /// The same profile with so many workers.
    #[must_use]
    pub const fn with_worker_threads(mut self, workers: usize) -> Self {
        self.worker_threads = Some(workers);
        self
    }

    /// The same profile with so many threads for `spawn_blocking` at most.
    #[must_use]
    pub const fn with_max_blocking_threads(mut self, threads: usize) -> Self {
        self.max_blocking_threads = threads;
        self
    }

    /// The same profile with stacks of so many bytes, for workers, blocking threads and the threads
    /// of sessions.
    #[must_use]
    pub const fn with_thread_stack_size(mut self, bytes: usize) -> Self {
        self.thread_stack_size = bytes;
        self
    }

    /// The same profile under another thread-name prefix.
    #[must_use]
    pub fn with_thread_name_prefix(mut self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.thread_name_prefix = prefix.into();
        self
    }

    /// The number of workers; `None` leaves it to tokio.
    pub const fn worker_threads(&self) -> Option<usize> {
        self.worker_threads
    }

    /// How many threads `spawn_blocking` may have.
    pub const fn max_blocking_threads(&self) -> usize {
        self.max_blocking_threads
    }

    /// The size of each thread's stack in bytes.
    pub const fn thread_stack_size(&self) -> usize {
        self.thread_stack_size
    }

    /// What the names of all threads start with.
    pub fn thread_name_prefix(&self) -> &str {
        &self.thread_name_prefix
    }

    /// Builds a runtime of this profile, with timers, and with sockets where tokio's `net` feature
    /// is on.
    ///
    /// # Errors
    ///
    /// [`SessionError::InvalidProfile`] for zero threads, a stack below 64 KiB, or a prefix that is
    /// empty or holds a NUL; [`SessionError::RuntimeBuild`] if the operating system refuses the
    /// threads or descriptors (tokio panics if it is a thread; that panic is caught here).
    pub fn build(&self) -> Result<Runtime, SessionError> {
        self.build_with(|_| {})
    }

    /// [`build`](Self::build) with a last word on the builder.
    pub(super) fn build_with(
        &self,
        adjust: impl FnOnce(&mut Builder),
    ) -> Result<Runtime, SessionError> {
        self.check()?;
        self.try_stack().map_err(SessionError::RuntimeBuild)?;
        let mut builder = Builder::new_multi_thread();
        if let Some(workers) = self.worker_threads {
            builder.worker_threads(workers);
        }
        let prefix = self.thread_name_prefix.clone();
        let next = AtomicUsize::new(0);
        builder
            .enable_all()
            .max_blocking_threads(self.max_blocking_threads)
            .thread_stack_size(self.thread_stack_size)
            .thread_name_fn(move || {
                format!("{prefix}-rt-{}", next.fetch_add(1, Ordering::Relaxed))
            });
        adjust(&mut builder);
        catch(|| builder.build())
            .unwrap_or_else(|message| Err(std::io::Error::other(message)))
            .map_err(SessionError::RuntimeBuild)
    }

    /// Makes one thread with such a stack. Tokio panics when it cannot make its first worker, and
    /// what it had made by then (the I/O driver with its descriptors) is never freed.
    fn try_stack(&self) -> std::io::Result<()> {
        let probe = std::thread::Builder::new()
            .name(format!("{}-probe", self.thread_name_prefix))
            .stack_size(self.thread_stack_size)
            .spawn(|| {})?;
        // It does nothing, so it cannot have panicked.
        let _ = probe.join();
        Ok(())
    }

    /// Refuses what tokio or std would answer with a panic.
    fn check(&self) -> Result<(), SessionError> {
        let reason = if self.worker_threads == Some(0) {
            "0 worker threads; use at least 1".to_owned()
        } else if self.max_blocking_threads == 0 {
            "0 blocking threads; use at least 1".to_owned()
        } else if self.thread_stack_size < LEAST_STACK_BYTES {
            format!(
                "stacks of {} bytes; use at least {LEAST_STACK_BYTES}",
                self.thread_stack_size
            )
        } else if !names_a_thread(&self.thread_name_prefix) {
            format!(
                "thread-name prefix {:?}; use one that is not empty and holds no NUL",
                self.thread_name_prefix
            )
        } else {
            return Ok(());
        };
        Err(SessionError::InvalidProfile { reason })
    }
}

/// Whether `name` can be (part of) the name of a thread. `std::thread` panics on a NUL.
pub(super) fn names_a_thread(name: &str) -> bool {
    !name.is_empty() && !name.contains('\0')
}

#[cfg(all(test, not(async_patterns_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_presets_are_what_their_table_says() {
        let row = |p: &RuntimeProfile| {
            (
                p.worker_threads(),
                p.thread_stack_size() / MIB,
                p.max_blocking_threads(),
                p.thread_name_prefix().to_owned(),
            )
        };
        assert_eq!(
            row(&RuntimeProfile::mobile()),
            (Some(2), 1, 32, "mobile".into())
        );
        assert_eq!(
            row(&RuntimeProfile::server()),
            (None, 2, 512, "server".into())
        );
        assert_eq!(row(&RuntimeProfile::test()), (Some(1), 1, 8, "test".into()));
        assert_eq!(
            row(&RuntimeProfile::custom("own")),
            (None, 2, 512, "own".into())
        );
    }

    #[test]
    fn impossible_profiles_are_refused_by_name() {
        for (profile, part) in [
            (
                RuntimeProfile::test().with_worker_threads(0),
                "0 worker threads",
            ),
            (
                RuntimeProfile::test().with_max_blocking_threads(0),
                "0 blocking threads",
            ),
            (
                RuntimeProfile::test().with_thread_stack_size(1),
                "stacks of 1 bytes",
            ),
            (RuntimeProfile::custom(""), "prefix \"\""),
            (RuntimeProfile::custom("a\0b"), "prefix \"a\\0b\""),
        ] {
            let error = profile.build().unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn a_stack_no_system_has_is_an_error_and_not_a_panic() {
        let error = RuntimeProfile::test()
            .with_thread_stack_size(usize::MAX / 4)
            .build()
            .unwrap_err();
        assert!(matches!(error, SessionError::RuntimeBuild(_)), "{error}");
    }

    #[test]
    fn workers_carry_the_prefix() {
        let runtime = RuntimeProfile::custom("pfx")
            .with_worker_threads(1)
            .build()
            .unwrap();
        let name = runtime
            .block_on(runtime.spawn(async { std::thread::current().name().map(str::to_owned) }))
            .unwrap()
            .unwrap();
        assert!(name.starts_with("pfx-rt-"), "{name}");
    }
}

//! [`ReadySet`].

use std::fmt;
use std::future::poll_fn;
use std::ops::{Index, IndexMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};

use slab::Slab;

use super::queue::{Head, Queue};
use super::source::{Node, Shared, SourceId};
use crate::loom::future::AtomicWaker;
use crate::loom::sync::Arc;

/// Where [`SourceId`]s come from. std's, also under loom: it orders nothing.
static NEXT_SERIAL: AtomicU64 = AtomicU64::new(0);

/// A set of sources, each with a [`Waker`] of its own, that tells which of them were woken.
///
/// Answers the traps [`pending_without_wake`](https://async-patterns.github.io/book/traps/pending_without_wake.html) and [`noop_waker_in_async`](https://async-patterns.github.io/book/traps/noop_waker_in_async.html).
///
/// This is the bridge between code that works in steps (a network stack, a state machine that one
/// task turns by hand) and code that wakes. The task that owns the set gives every source its own
/// waker: a session's channel, a `DuplexStream`, a smoltcp socket's `register_recv_waker`. A wake
/// marks the source in a lock-free queue and wakes the task. The task then looks at the marked
/// sources and at no others.
///
/// ```text
/// source 1 --waker--\
/// source 2 --waker---> queue of marked sources --> one task: ready().await, drain(budget, ..)
/// source n --waker--/
/// ```
///
/// The alternative that one often meets, polling every source with a no-op waker each turn and
/// sleeping a few milliseconds in between, costs time in proportion to the idle sources and
/// latency up to the sleep.
///
/// # Which to use
///
/// - Futures that the task itself should poll: `futures::stream::FuturesUnordered` does that.
///   `ReadySet` is for sources that are *not* futures owned by the set.
/// - Streams by key: `tokio_stream::StreamMap`, if there are few; it polls in turn.
/// - One source only: [`tokio::sync::Notify`].
///
/// # What it costs
///
/// | operation | cost |
/// |---|---|
/// | wake of a source that is marked already | one atomic read-modify-write, nothing else |
/// | first wake of a source | at most four atomic read-modify-writes and two stores, wait-free: the mark (1), the queue (1), the task's waker (2); then the wake of the task itself, if it waits |
/// | [`drain`](Self::drain) | in proportion to the sources reported, however many are registered |
/// | [`insert`](Self::insert) | one allocation, for the node that the source's wakers share |
///
/// A wake never locks and never allocates. Cloning a source's waker counts a reference.
///
/// # Order and fairness
///
/// Sources are reported in the order in which they were first marked. One that is marked again goes
/// to the end, and [`drain`](Self::drain) reports each source at most once per call, so a source
/// that marks itself all the time cannot keep the others waiting. Waiting uses tokio's cooperative
/// budget: a task whose sources are always ready still gives way to other tasks.
///
/// # A mark is a hint
///
/// A mark says that the source was woken since it was last reported. Wakers may be called without
/// need, so a reported source may have nothing to offer. And a mark is taken by the report: whoever
/// stops working on a source before it is exhausted must [`mark`](Self::mark) it again.
///
/// # Examples
///
/// ```
/// use async_patterns::sync::ReadySet;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut sessions = ReadySet::new();
/// let a = sessions.insert("a");
/// let b = sessions.insert("b");
///
/// // Any thread, any time:
/// let waker = sessions.waker(b).unwrap().clone();
/// std::thread::spawn(move || waker.wake());
///
/// sessions.ready().await;
/// let mut woken = Vec::new();
/// sessions.drain(64, |sessions, id| woken.push(sessions[id]));
/// assert_eq!(woken, ["b"]);
/// # let _ = a;
/// # }
/// ```
///
/// A source polled with its waker marks itself when it has more. (With smoltcp, hand the waker to
/// `register_recv_waker` and `register_send_waker` instead of polling; both may mark one source.)
///
/// ```
/// use async_patterns::{poll::try_poll_read_with, sync::ReadySet};
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let (mut session, stack_side) = tokio::io::duplex(1024);
/// let mut flows = ReadySet::new();
/// let id = flows.insert(stack_side);
/// flows.mark(id); // It was never polled: have a first look.
///
/// tokio::spawn(async move { session.write_all(b"hello").await });
///
/// let mut received = Vec::new();
/// while received.len() < 5 {
///     flows.ready().await;
///     flows.drain(64, |flows, id| {
///         let waker = flows.waker(id).expect("only removed by this task").clone();
///         let mut buffer = [0; 512];
///         while let std::task::Poll::Ready(Ok(n @ 1..)) =
///             try_poll_read_with(&waker, &mut flows[id], &mut buffer)
///         {
///             received.extend_from_slice(&buffer[..n]);
///         }
///     });
/// }
/// assert_eq!(received, b"hello");
/// # Ok(())
/// # }
/// ```
pub struct ReadySet<K> {
    sources: Slab<Source<K>>,
    shared: Arc<Shared>,
    head: Head,
    /// How many counts the queue holds (R2).
    removed_in_queue: usize,
    /// The number of the current [`drain`](Self::drain).
    pass: u64,
}

struct Source<K> {
    key: K,
    node: Arc<Node>,
    waker: Waker,
    /// The pass that reported it last.
    reported_in: u64,
}

impl<K> ReadySet<K> {
    /// An empty set.
    pub fn new() -> Self {
        Self::with_capacity(0)
    }

    /// An empty set with room for `capacity` sources before its table grows.
    pub fn with_capacity(capacity: usize) -> Self {
        let shared = Arc::new(Shared {
            queue: Queue::new(),
            task: AtomicWaker::new(),
        });
        let head = shared.queue.open();
        Self {
            sources: Slab::with_capacity(capacity),
            shared,
            head,
            removed_in_queue: 0,
            pass: 0,
        }
    }

    /// Adds a source, not marked, and keeps `key` with it.
    ///
    /// `key` is what the task needs to find the source's other half: an index, a socket handle, or
    /// the session itself.
    pub fn insert(&mut self, key: K) -> SourceId {
        let entry = self.sources.vacant_entry();
        let id = SourceId {
            serial: NEXT_SERIAL.fetch_add(1, Ordering::Relaxed),
            index: entry.key(),
        };
        let node = Node::new(id, self.shared.clone());
        let waker = Node::waker(&node);
        entry.insert(Source {
            key,
            node,
            waker,
            reported_in: self.pass,
        });
        id
    }

    /// Removes a source and returns its key, or `None` when `id` names no source of this set.
    ///
    /// It is not reported any more, even if it was marked, and its wakers, which may live on, do
    /// nothing from now on; a wake that is under way on another thread may still wake the task for
    /// nothing.
    pub fn remove(&mut self, id: SourceId) -> Option<K> {
        self.source(id)?;
        let source = self.sources.remove(id.index);
        self.removed_in_queue += usize::from(retire(source.node));
        Some(source.key)
    }

    /// The source's waker. Made once: clones of it, and repeated calls, cost no allocation, and
    /// `will_wake` is true between them.
    pub fn waker(&self, id: SourceId) -> Option<&Waker> {
        Some(&self.source(id)?.waker)
    }

    /// Marks a source by hand, as its waker would. Says whether `id` names a source of this set.
    ///
    /// For a source that was reported and not worked off, or that wants a first look.
    pub fn mark(&self, id: SourceId) -> bool {
        let source = self.source(id);
        if let Some(source) = source {
            Node::mark(&source.node);
        }
        source.is_some()
    }

    /// The key kept with a source.
    pub fn get(&self, id: SourceId) -> Option<&K> {
        Some(&self.source(id)?.key)
    }

    /// The key kept with a source, mutably.
    pub fn get_mut(&mut self, id: SourceId) -> Option<&mut K> {
        let source = self.sources.get_mut(id.index)?;
        (source.node.id == id).then_some(&mut source.key)
    }

    /// Whether `id` names a source of this set.
    pub fn contains(&self, id: SourceId) -> bool {
        self.source(id).is_some()
    }

    /// All sources and their keys, in no particular order. In proportion to the largest number of
    /// sources there has been.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &K)> {
        self.sources
            .iter()
            .map(|(_, source)| (source.node.id, &source.key))
    }

    /// How many sources are registered, marked or not.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// Whether no source is registered.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Waits until at least one source is marked. Does not take the mark.
    ///
    /// Waits forever while nothing marks a source, so race it against cancellation. Between two
    /// calls the task is woken at most once, however many sources are marked.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is taken, and marks stay where they are.
    pub async fn ready(&mut self) {
        poll_fn(|cx| self.poll_ready(cx)).await;
    }

    /// [`ready`](Self::ready) in poll form. On `Pending`, the task of `cx` is woken by the next
    /// mark. Only the waker of the latest call is kept.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_peek(cx).map(|_| ())
    }

    /// Waits for a marked source, takes its mark and returns it.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a mark is taken only by the poll that returns it.
    pub async fn next_ready(&mut self) -> SourceId {
        poll_fn(|cx| self.poll_next_ready(cx)).await
    }

    /// [`next_ready`](Self::next_ready) in poll form.
    pub fn poll_next_ready(&mut self, cx: &mut Context<'_>) -> Poll<SourceId> {
        let id = ready!(self.poll_peek(cx));
        self.take_first();
        Poll::Ready(id)
    }

    /// Takes the mark that has waited longest, without waiting.
    ///
    /// A loop over this goes on for as long as sources are marked meanwhile; to work in bounded
    /// turns use [`drain`](Self::drain).
    pub fn pop_ready(&mut self) -> Option<SourceId> {
        let id = self.peek()?;
        self.take_first();
        Some(id)
    }

    /// Takes up to `budget` marks, the longest waiting first, and hands each to `handle`, together
    /// with the set, which it may change. Returns how many.
    ///
    /// Each source is reported at most once per call. Sources that are marked meanwhile may be
    /// reported in this call or the next. A mark is taken before `handle` is called, so a wake from
    /// then on counts as new. Marks beyond the budget stay, and [`ready`](Self::ready) returns at
    /// once for them.
    ///
    /// # Panics
    ///
    /// Not by itself; if `handle` does, the mark it was called for is gone and the others are kept.
    pub fn drain(&mut self, budget: usize, mut handle: impl FnMut(&mut Self, SourceId)) -> usize {
        self.pass += 1;
        let pass = self.pass;
        let mut reported = 0;
        while reported < budget {
            let Some(id) = self.peek() else { break };
            let source = &mut self.sources[id.index];
            // First come, first served: the first to come round again has everyone else behind it.
            if source.reported_in == pass {
                break;
            }
            source.reported_in = pass;
            self.take_first();
            reported += 1;
            handle(self, id);
        }
        reported
    }

    fn source(&self, id: SourceId) -> Option<&Source<K>> {
        let source = self.sources.get(id.index)?;
        (source.node.id == id).then_some(source)
    }

    fn poll_peek(&mut self, cx: &mut Context<'_>) -> Poll<SourceId> {
        let coop = ready!(tokio::task::coop::poll_proceed(cx));
        if let Some(id) = self.peek() {
            coop.made_progress();
            return Poll::Ready(id);
        }
        self.shared.task.register(cx.waker());
        // Once more, now that a mark from here on finds the waker (R3).
        match self.peek() {
            Some(id) => {
                coop.made_progress();
                Poll::Ready(id)
            }
            None => Poll::Pending,
        }
    }

    /// The first marked source. Drops removed ones on the way to it.
    fn peek(&mut self) -> Option<SourceId> {
        loop {
            let node = self.first()?;
            // SAFETY: queued, so not freed (R2).
            let node = unsafe { &*node };
            if !node.is_retired() {
                return Some(node.id);
            }
            self.take_removed();
        }
    }

    /// The first node in the queue, removed or not.
    fn first(&mut self) -> Option<*const Node> {
        // SAFETY: `head` was made by this queue. All links but the stub, which is never returned,
        // are of nodes.
        unsafe { self.shared.queue.first(&mut self.head) }.map(Node::of)
    }

    /// Takes the source that [`peek`](Self::peek) has just returned.
    fn take_first(&mut self) {
        // SAFETY: `peek` ended with a `first` that returned this link. The set holds a count of its
        // node (R2), which only `&mut self` gives up.
        let node = unsafe { &*Node::of(Queue::take(&mut self.head)) };
        // Now that it is out of the queue (R1).
        node.clear();
    }

    /// Takes the removed source that [`first`](Self::first) has just returned, and gives up the
    /// queue's count of it.
    fn take_removed(&mut self) {
        // SAFETY: `first` has just returned this link. It is retired and queued, so the queue holds
        // the count that `retire` let go of (R2).
        drop(unsafe { Arc::from_raw(Node::of(Queue::take(&mut self.head))) });
        self.removed_in_queue -= 1;
    }
}

/// Takes a node out of service. Says whether it is queued: then `node`'s count is the queue's now
/// (R2).
fn retire(node: Arc<Node>) -> bool {
    let queued = node.retire();
    if queued {
        let _ = Arc::into_raw(node);
    }
    queued
}

impl<K> Drop for ReadySet<K> {
    /// Waits for marks that are half-way on other threads, which are a few instructions from done.
    fn drop(&mut self) {
        // Before any key is dropped: a key's drop may panic, and the queue must be in order by
        // then.
        for (_, source) in &self.sources {
            self.removed_in_queue += usize::from(retire(source.node.clone()));
        }
        while self.removed_in_queue > 0 {
            match self.first() {
                // Every source is retired by now.
                Some(_) => self.take_removed(),
                None => crate::loom::thread::yield_now(),
            }
        }
    }
}

impl<K> Index<SourceId> for ReadySet<K> {
    type Output = K;

    /// # Panics
    ///
    /// When `id` names no source of this set.
    #[track_caller]
    fn index(&self, id: SourceId) -> &K {
        self.get(id).unwrap_or_else(|| no_source(id))
    }
}

impl<K> IndexMut<SourceId> for ReadySet<K> {
    #[track_caller]
    fn index_mut(&mut self, id: SourceId) -> &mut K {
        self.get_mut(id).unwrap_or_else(|| no_source(id))
    }
}

#[track_caller]
fn no_source(id: SourceId) -> ! {
    panic!(
        "{id:?} names no source of this ReadySet: it was removed, or is another set's; use `get`"
    )
}

impl<K> Default for ReadySet<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> fmt::Debug for ReadySet<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadySet")
            .field("sources", &self.sources.len())
            .finish_non_exhaustive()
    }
}

//! The twin of `watch.rs` without the feature `cancel-debug`: nothing is recorded or reported.

use std::borrow::Cow;
use std::fmt::DebugStruct;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::sink::{DefaultSink, ReportSink};

pub(super) struct Watch<K: ReportSink>(PhantomData<K>);

#[expect(
    clippy::unused_self,
    reason = "the interface is that of the twin, which records what it is given"
)]
impl<K: ReportSink> Watch<K> {
    pub(super) fn new(_: Cow<'static, str>, _: &'static Location<'static>, _: K) -> Self {
        Self(PhantomData)
    }

    #[inline]
    pub(super) fn poll<F: Future>(
        &mut self,
        future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        future.poll(cx)
    }

    pub(super) fn polls(&self) -> u64 {
        0
    }

    pub(super) fn creation_backtrace(&mut self) {}

    pub(super) fn drop_backtrace(&mut self) {}

    pub(super) fn idle_time(&mut self) {}

    pub(super) fn longest_poll(&mut self) {}

    pub(super) fn parents(&mut self) {}

    pub(super) fn fmt_fields(&self, _: &mut DebugStruct<'_, '_>) {}
}

#[expect(clippy::unused_self, reason = "as above")]
impl Watch<DefaultSink> {
    pub(super) fn with_sink<K: ReportSink>(self, _: K) -> Watch<K> {
        Watch(PhantomData)
    }
}

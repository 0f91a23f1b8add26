//! The twin of `watch.rs` without the feature `record`: nothing is noted, and nothing is kept.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::recorder::LaneRef;

#[derive(Debug)]
pub(crate) struct Watch;

impl Watch {
    pub(crate) fn new(_lane: Option<LaneRef>) -> Self {
        Self
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "its twin has something to note")]
    pub(crate) fn poll<F: Future>(
        &mut self,
        future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        future.poll(cx)
    }
}

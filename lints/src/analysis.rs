//! Analyses that the lints query. A lint never re-implements one of them.

pub(crate) mod guards;
pub(crate) mod ownership;
pub(crate) mod suspend;
pub(crate) mod test_functions;

//! Analyses that the lints query. A lint never re-implements one of them.

pub(crate) mod async_path;
mod behind;
pub(crate) mod blocking_calls;
pub(crate) mod bodies;
pub(crate) mod call_graph;
pub(crate) mod cost;
mod definitions;
pub(crate) mod describe;
mod drops;
pub(crate) mod entry_calls;
pub(crate) mod expected_panic;
pub(crate) mod flavor_guard;
mod flow;
pub(crate) mod guards;
pub(crate) mod handoffs;
mod length;
mod loops;
pub(crate) mod mentions;
pub(crate) mod origin;
pub(crate) mod ownership;
pub(crate) mod polled;
pub(crate) mod runtime_flavor;
pub(crate) mod select;
pub(crate) mod suspend;
pub(crate) mod suspension;
pub(crate) mod test_functions;

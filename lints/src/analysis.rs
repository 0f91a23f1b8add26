//! Analyses that the lints query. A lint never re-implements one of them.

pub(crate) mod bodies;
pub(crate) mod call_graph;
mod definitions;
mod drops;
mod flow;
pub(crate) mod handoffs;
pub(crate) mod mentions;
pub(crate) mod origin;
pub(crate) mod polled;
pub(crate) mod async_path;
pub(crate) mod entry_calls;
pub(crate) mod flavor_guard;
pub(crate) mod runtime_flavor;
pub(crate) mod describe;
pub(crate) mod expected_panic;
pub(crate) mod blocking_calls;
pub(crate) mod cost;
mod length;
mod loops;
pub(crate) mod suspension;
pub(crate) mod select;

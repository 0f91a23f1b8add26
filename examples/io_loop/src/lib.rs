//! A userspace TCP and UDP forwarder in one event loop: raw IP packets in, ordinary async session
//! tasks out.
//!
//! One task, the [`IoLoop`], owns the whole network stack (smoltcp) and goes through six
//! [`phases`] per turn. Each TCP flow and each UDP association is a tokio task of its own that
//! knows nothing of packets. It talks to the loop through a pipe ([`FlowStream`]) or a channel.
//!
//! The two meet in a [`ReadySet`](async_patterns::sync::ReadySet): whatever happens to a flow, on
//! smoltcp's side or on the session's, marks it and wakes the loop, which then looks at the marked
//! flows and no others.

pub mod apps;
pub mod buffer;
pub mod classify;
pub mod config;
pub mod connector;
pub mod device;
pub mod dns;
mod event;
mod event_loop;
pub mod metrics;
pub mod phases;
pub mod servers;
pub mod session;
mod stack;
pub mod udp;
pub mod workload;

pub use config::{BridgeKind, Config};
pub use event::{EVENTS, Event};
pub use event_loop::{IoLoop, Summary};
pub use stack::{Ending, FlowStream};

//! Sockets of std that were made non-blocking: reading from one looks, and does not wait.

use std::cell::OnceCell;

use rustc_data_structures::fx::FxHashSet;
use rustc_hir::def_id::{DefId, DefIdSet, LocalDefId};
use rustc_middle::{
    mir::{Operand, TerminatorKind},
    ty::{self, Instance, Ty},
};
use rustc_span::Spanned;

use super::{
    async_body::is_polled,
    bodies::Bodies,
    call_graph::{CallGraph, CallGraphs},
    mentions::Mentions,
    origin::{self, CallSeen, Frame, Go, Tracer, holds},
};
use crate::paths::Resolver;

const SOCKETS: &[&str] = &[
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "std::os::unix::net::UnixStream",
    "std::os::unix::net::UnixListener",
    "std::os::unix::net::UnixDatagram",
];

const SET_NONBLOCKING: &[&str] = &[
    "std::net::TcpStream::set_nonblocking",
    "std::net::TcpListener::set_nonblocking",
    "std::net::UdpSocket::set_nonblocking",
    "std::os::unix::net::UnixStream::set_nonblocking",
    "std::os::unix::net::UnixListener::set_nonblocking",
    "std::os::unix::net::UnixDatagram::set_nonblocking",
];

/// Makes a new socket, whatever mode the listener is in.
const ACCEPTS: &[&str] = &[
    "std::net::TcpListener::accept",
    "std::net::TcpListener::incoming",
    "std::os::unix::net::UnixListener::accept",
    "std::os::unix::net::UnixListener::incoming",
];

/// Crates whose types only hold sockets that are non-blocking.
const REACTORS: &[&str] = &["tokio", "mio", "async_io"];

/// The functions of other crates that this analysis asks for.
pub(crate) fn named(paths: &Resolver<'_>) -> DefIdSet {
    paths.all(SET_NONBLOCKING.iter().copied())
}

pub(crate) struct Sockets<'f, 'tcx> {
    graphs: &'f CallGraphs<'tcx>,
    mentions: &'f Mentions<'tcx>,
    sockets: DefIdSet,
    set_nonblocking: DefIdSet,
    accepts: DefIdSet,
    made_nonblocking: OnceCell<MadeNonblocking>,
}

/// What the crate's calls of `set_nonblocking` tell.
#[derive(Default)]
struct MadeNonblocking {
    /// The calls that made the sockets.
    made_by: FxHashSet<CallId>,
    /// Socket types of which one was made non-blocking and may then be used elsewhere.
    handed_on: DefIdSet,
}

/// A call, told by where its operands are kept.
type CallId = usize;

impl<'f, 'tcx> Sockets<'f, 'tcx> {
    pub(crate) fn new(
        graphs: &'f CallGraphs<'tcx>,
        mentions: &'f Mentions<'tcx>,
        paths: &Resolver<'tcx>,
    ) -> Self {
        Self {
            graphs,
            mentions,
            sockets: paths.all(SOCKETS.iter().copied()),
            set_nonblocking: named(paths),
            accepts: paths.all(ACCEPTS.iter().copied()),
            made_nonblocking: OnceCell::new(),
        }
    }

    /// Whether the call is on a socket that is, or may be, non-blocking. False if it is on none.
    pub(crate) fn may_be_nonblocking(
        &self,
        graph: &CallGraph<'tcx>,
        instance: Instance<'tcx>,
        operands: &[Spanned<Operand<'tcx>>],
    ) -> bool {
        let bodies = &graph.bodies;
        let Some(frame) = Frame::new(bodies, instance) else {
            return false;
        };
        let Some(operand) = operands.first() else {
            return false;
        };
        let Some(socket) = frame
            .operand_ty(bodies, &operand.node)
            .and_then(|ty| self.socket_in(ty))
        else {
            return false;
        };
        let sources = self.sources(bodies, &frame, &operand.node);
        let known = self
            .made_nonblocking
            .get_or_init(|| self.made_nonblocking());
        sources.of_reactor
            || sources.made_by.iter().any(|id| known.made_by.contains(id))
            || sources.lost
                && (known.handed_on.contains(&socket) || is_polled_by_hand(graph, instance))
    }

    fn made_nonblocking(&self) -> MadeNonblocking {
        let mut known = MadeNonblocking::default();
        for owner in self.mentions.bodies_naming(&self.set_nonblocking) {
            let graph = self.graphs.for_owner(owner);
            let Some(frame) = Frame::new(&graph.bodies, graph.bodies.identity(owner)) else {
                continue;
            };
            for data in frame.mir.body.basic_blocks.iter() {
                let TerminatorKind::Call { func, args, .. } = &data.terminator().kind else {
                    continue;
                };
                let named = func.const_fn_def().map(|(def, _)| def);
                if !named.is_some_and(|def| self.set_nonblocking.contains(&def)) {
                    continue;
                }
                let [socket, on] = &args[..] else { continue };
                if is_false(&graph.bodies, &on.node) {
                    continue;
                }
                let sources = self.sources(&graph.bodies, &frame, &socket.node);
                if sources.made_by.is_empty() || !self.is_used_in(&graph, owner, &sources) {
                    let ty = frame.operand_ty(&graph.bodies, &socket.node);
                    known.handed_on.extend(ty.and_then(|ty| self.socket_in(ty)));
                }
                known.made_by.extend(sources.made_by);
            }
        }
        known
    }

    /// Whether the body itself does something with the socket after it was made and set up.
    fn is_used_in(&self, graph: &CallGraph<'tcx>, owner: LocalDefId, made: &Sources) -> bool {
        let Some(frame) = Frame::new(&graph.bodies, graph.bodies.identity(owner)) else {
            return false;
        };
        frame.mir.body.basic_blocks.iter().any(|data| {
            let TerminatorKind::Call { func, args, .. } = &data.terminator().kind else {
                return false;
            };
            let name = func
                .const_fn_def()
                .and_then(|(def, _)| graph.bodies.tcx.opt_item_name(def));
            let uses = name.is_some_and(|name| {
                [
                    "read",
                    "recv",
                    "recv_from",
                    "peek",
                    "write",
                    "accept",
                    "incoming",
                ]
                .iter()
                .any(|method| name.as_str().starts_with(method))
            });
            uses && args.first().is_some_and(|socket| {
                let sources = self.sources(&graph.bodies, &frame, &socket.node);
                sources.made_by.iter().any(|id| made.made_by.contains(id))
            })
        })
    }

    fn socket_in(&self, ty: Ty<'tcx>) -> Option<DefId> {
        ty.walk()
            .filter_map(|part| part.as_type()?.ty_adt_def())
            .map(|adt| adt.did())
            .find(|adt| self.sockets.contains(adt))
    }

    fn sources(
        &self,
        bodies: &Bodies<'tcx>,
        frame: &Frame<'_, 'tcx>,
        socket: &Operand<'tcx>,
    ) -> Sources {
        let mut search = Search {
            sockets: self,
            bodies,
            found: Sources::default(),
        };
        origin::trace(bodies, frame, socket, &mut search);
        search.found
    }
}

#[derive(Default)]
struct Sources {
    made_by: FxHashSet<CallId>,
    of_reactor: bool,
    /// It comes from somewhere else: a parameter, a field.
    lost: bool,
}

struct Search<'s, 'f, 'tcx> {
    sockets: &'s Sockets<'f, 'tcx>,
    bodies: &'s Bodies<'tcx>,
    found: Sources,
}

impl<'tcx> Tracer<'tcx> for Search<'_, '_, 'tcx> {
    fn call(&mut self, frame: &Frame<'_, 'tcx>, call: &CallSeen<'tcx>) -> Go<'tcx> {
        let Some(callee) = call.callee else {
            self.found.lost = true;
            return Go::Stop;
        };
        if let Some(body) = callee.local(self.bodies) {
            return Go::Returned(vec![(true, body)]);
        }
        let tcx = self.bodies.tcx;
        let krate = tcx.crate_name(callee.def_id.krate);
        self.found.of_reactor |= REACTORS.contains(&krate.as_str());
        self.found.made_by.insert(call.operands.as_ptr().addr());
        if self.sockets.accepts.contains(&callee.def_id) {
            return Go::Stop;
        }
        let mut from = Vec::new();
        for (position, operand) in call.operands.iter().enumerate() {
            let Some(ty) = frame.operand_ty(self.bodies, &operand.node) else {
                continue;
            };
            self.found.of_reactor |= holds(ty, &|ty| {
                ty.ty_adt_def()
                    .is_some_and(|adt| REACTORS.contains(&tcx.crate_name(adt.did().krate).as_str()))
            });
            if self.sockets.socket_in(ty).is_some() {
                from.push(position);
            } else {
                // It may be in a field: `self.deref_mut().stream`.
                self.found.lost |= holds(ty, &|ty| {
                    ty.ty_adt_def().is_some_and(|adt| adt.did().is_local())
                        || matches!(ty.kind(), ty::Param(_) | ty::Alias(..))
                });
            }
        }
        Go::Arguments(from)
    }

    fn lost(&mut self) {
        self.found.lost = true;
    }
}

fn is_false<'tcx>(bodies: &Bodies<'tcx>, operand: &Operand<'tcx>) -> bool {
    operand
        .constant()
        .and_then(|constant| constant.const_.try_eval_bool(bodies.tcx, bodies.typing_env))
        == Some(false)
}

/// A `poll` function that was given a socket: whoever writes one knows that it must not wait.
fn is_polled_by_hand(graph: &CallGraph<'_>, instance: Instance<'_>) -> bool {
    let tcx = graph.bodies.tcx;
    is_polled(tcx, instance.def_id())
        && !tcx.coroutine_is_async(super::bodies::source_owner(tcx, instance.def_id()))
}

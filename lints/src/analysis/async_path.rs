//! Walks over the call graph, with the chain of calls kept for the notes of a diagnostic.

use std::{collections::VecDeque, rc::Rc};

use rustc_data_structures::fx::FxHashMap;
use rustc_middle::ty::Instance;

use super::call_graph::{CallGraph, Node, Site};

/// Bodies visited before a walk gives up: what is this far away is not worth a report.
const MOST_BODIES: usize = 4_000;

/// Everything that can be reached from some bodies.
pub(crate) struct Reached<'tcx> {
    pub(crate) bodies: Vec<ReachedBody<'tcx>>,
    index: FxHashMap<Instance<'tcx>, usize>,
}

pub(crate) struct ReachedBody<'tcx> {
    pub(crate) instance: Instance<'tcx>,
    node: Rc<Node<'tcx>>,
    /// The sites that were followed.
    followed: Vec<usize>,
    /// The calls from where the walk began.
    pub(crate) distance: usize,
    came_from: Option<(usize, usize)>,
}

/// One step of a way: the body `from` leads to the body `to` at its site.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) from: usize,
    pub(crate) site: usize,
    pub(crate) to: usize,
}

/// The next step on the shortest way to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) site: usize,
    /// The body that the site leads to; `None` when the site is the target.
    pub(crate) next: Option<usize>,
}

impl<'tcx> ReachedBody<'tcx> {
    pub(crate) fn site(&self, site: usize) -> &Site<'tcx> {
        &self.node.sites[site]
    }

    /// The sites that the walk followed.
    pub(crate) fn sites(&self) -> impl Iterator<Item = (usize, &Site<'tcx>)> {
        self.followed
            .iter()
            .map(|&site| (site, &self.node.sites[site]))
    }
}

impl<'tcx> Reached<'tcx> {
    /// Walks from `starts` over the sites that `follow` accepts, nearest first.
    pub(crate) fn from(
        graph: &CallGraph<'tcx>,
        starts: impl IntoIterator<Item = Instance<'tcx>>,
        follow: &mut dyn FnMut(Instance<'tcx>, &Site<'tcx>) -> bool,
    ) -> Self {
        Self::within(graph, starts, usize::MAX, follow)
    }

    /// The same, but no farther than so many calls.
    pub(crate) fn within(
        graph: &CallGraph<'tcx>,
        starts: impl IntoIterator<Item = Instance<'tcx>>,
        farthest: usize,
        follow: &mut dyn FnMut(Instance<'tcx>, &Site<'tcx>) -> bool,
    ) -> Self {
        Self::walk(graph, starts, farthest, follow, &mut |_| true)
    }

    /// Walks from `starts` over the sites that `follow` accepts into the bodies that `enter`
    /// accepts.
    pub(crate) fn among(
        graph: &CallGraph<'tcx>,
        starts: impl IntoIterator<Item = Instance<'tcx>>,
        follow: &mut dyn FnMut(Instance<'tcx>, &Site<'tcx>) -> bool,
        enter: &mut dyn FnMut(Instance<'tcx>) -> bool,
    ) -> Self {
        Self::walk(graph, starts, usize::MAX, follow, enter)
    }

    fn walk(
        graph: &CallGraph<'tcx>,
        starts: impl IntoIterator<Item = Instance<'tcx>>,
        farthest: usize,
        follow: &mut dyn FnMut(Instance<'tcx>, &Site<'tcx>) -> bool,
        enter: &mut dyn FnMut(Instance<'tcx>) -> bool,
    ) -> Self {
        let mut reached = Self {
            bodies: Vec::new(),
            index: FxHashMap::default(),
        };
        let mut pending = VecDeque::new();
        for start in starts {
            reached.visit(graph, start, 0, None, &mut pending);
        }
        while let Some(current) = pending.pop_front() {
            let ReachedBody {
                instance, distance, ..
            } = reached.bodies[current];
            let node = Rc::clone(&reached.bodies[current].node);
            for (position, site) in node.sites.iter().enumerate() {
                if !follow(instance, site) {
                    continue;
                }
                reached.bodies[current].followed.push(position);
                if distance == farthest {
                    continue;
                }
                for &next in site.next.iter().filter(|next| enter(**next)) {
                    let from = Some((current, position));
                    reached.visit(graph, next, distance + 1, from, &mut pending);
                }
            }
        }
        reached
    }

    fn visit(
        &mut self,
        graph: &CallGraph<'tcx>,
        instance: Instance<'tcx>,
        distance: usize,
        came_from: Option<(usize, usize)>,
        pending: &mut VecDeque<usize>,
    ) {
        if self.index.contains_key(&instance) || self.bodies.len() >= MOST_BODIES {
            return;
        }
        self.index.insert(instance, self.bodies.len());
        pending.push_back(self.bodies.len());
        self.bodies.push(ReachedBody {
            instance,
            node: graph.node(instance),
            followed: Vec::new(),
            distance,
            came_from,
        });
    }

    pub(crate) fn position(&self, instance: Instance<'tcx>) -> Option<usize> {
        self.index.get(&instance).copied()
    }

    /// The steps on the shortest way from a start to a body.
    pub(crate) fn chain_to(&self, body: usize) -> Vec<Step> {
        let mut chain = Vec::new();
        let mut to = body;
        while let Some((from, site)) = self.bodies[to].came_from {
            chain.push(Step { from, site, to });
            to = from;
        }
        chain.reverse();
        chain
    }

    /// For each body, the first step on the shortest way to a site that is a target.
    pub(crate) fn toward(&self, is_target: &dyn Fn(&Site<'tcx>) -> bool) -> Vec<Option<Hop>> {
        self.toward_in(&|_, site| is_target(site))
    }

    /// The same, where it also matters which body the site is in.
    pub(crate) fn toward_in(
        &self,
        is_target: &dyn Fn(usize, &Site<'tcx>) -> bool,
    ) -> Vec<Option<Hop>> {
        self.toward_first(&|position, body| {
            let mut sites = body.sites();
            sites.find_map(|(site, called)| is_target(position, called).then_some(site))
        })
    }

    /// The same, where `first_target` says which site of a body is a target.
    pub(crate) fn toward_first(
        &self,
        first_target: &dyn Fn(usize, &ReachedBody<'tcx>) -> Option<usize>,
    ) -> Vec<Option<Hop>> {
        let mut hops: Vec<Option<Hop>> = vec![None; self.bodies.len()];
        let mut callers: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.bodies.len()];
        let mut pending = VecDeque::new();
        for (position, body) in self.bodies.iter().enumerate() {
            if let Some(site) = first_target(position, body) {
                hops[position] = Some(Hop { site, next: None });
                pending.push_back(position);
            }
            for (site_position, site) in body.sites() {
                for next in site.next.iter().filter_map(|next| self.position(*next)) {
                    callers[next].push((position, site_position));
                }
            }
        }
        while let Some(body) = pending.pop_front() {
            for &(caller, site) in &callers[body] {
                if hops[caller].is_none() {
                    hops[caller] = Some(Hop {
                        site,
                        next: Some(body),
                    });
                    pending.push_back(caller);
                }
            }
        }
        hops
    }

    /// A body from which a call leads back to the body itself.
    pub(crate) fn recursion(&self) -> Option<usize> {
        let reaches_itself = |start: usize| {
            let mut seen = vec![false; self.bodies.len()];
            let mut pending = vec![start];
            while let Some(body) = pending.pop() {
                for (_, site) in self.bodies[body].sites() {
                    for next in site.next.iter().filter_map(|next| self.position(*next)) {
                        if self.bodies[next].instance.def_id()
                            == self.bodies[start].instance.def_id()
                        {
                            return true;
                        }
                        if !std::mem::replace(&mut seen[next], true) {
                            pending.push(next);
                        }
                    }
                }
            }
            false
        };
        (0..self.bodies.len()).find(|&body| reaches_itself(body))
    }
}

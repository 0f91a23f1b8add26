//! Where in a type values of certain other types are owned.
//!
//! For a set of wanted types, such as lock guards, [`Ownership::holdings`] lists the places in a
//! type where a value of a wanted type may sit: in a field, in a variant of an enum, behind a box,
//! in a collection, in a captured variable. References, raw pointers, function pointers and trait
//! objects own nothing that can be seen, so the search stops there.

use std::{cell::RefCell, rc::Rc};

use rustc_abi::{FieldIdx, VariantIdx};
use rustc_data_structures::fx::FxHashMap;
use rustc_hir::{LangItem, def_id::DefId};
use rustc_infer::infer::TyCtxtInferExt;
use rustc_middle::ty::{self, AdtDef, GenericArgsRef, ParamEnv, Ty, TyCtxt, TypingEnv};
use rustc_span::{Symbol, sym};
use rustc_trait_selection::infer::InferCtxtExt;

/// One step from a value to a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// A field of a struct or tuple, or a captured variable of a closure or coroutine.
    Field(FieldIdx),
    /// A field of one variant of an enum.
    Variant(VariantIdx, FieldIdx),
}

/// A place in a type where a wanted value may be owned.
#[derive(Clone, Debug)]
pub(crate) struct Holding<'tcx> {
    /// The way from the outer value to the wanted one, or to the container that may hold it.
    pub(crate) path: Vec<Step>,
    /// The wanted type found there.
    pub(crate) wanted: Ty<'tcx>,
    /// Whether `path` leads to a container (box, collection, array) and not to the value itself.
    pub(crate) in_container: bool,
    /// Whether the value may be absent, so that whoever has a `&mut` to the outer value can take
    /// it out: it is in a variant of an enum or in a container.
    pub(crate) optional: bool,
    /// Whether a shared reference is enough to take it out.
    pub(crate) in_cell: bool,
    /// Whether the way leads through a future, which releases the value when it is polled.
    pub(crate) in_future: bool,
    /// The value is inside a `PoisonError` in a variant of an enum, so it is there only after
    /// another thread panicked: the number of steps that lead into that variant.
    pub(crate) if_poisoned: Option<usize>,
}

/// What the search looks for.
pub(crate) trait Wanted<'tcx> {
    /// Whether a value of this type is what is looked for.
    fn is_wanted(&self, adt: AdtDef<'tcx>, args: GenericArgsRef<'tcx>) -> bool;
    /// Whether nothing inside a value of this type counts.
    fn is_opaque(&self, adt: AdtDef<'tcx>) -> bool;
}

/// Deeper nesting than this is taken to own nothing.
const MAX_DEPTH: usize = 10;
/// A type with more places than this is treated as one container.
const MAX_HOLDINGS: usize = 24;

/// The search, with its results kept per type.
pub(crate) struct Ownership<'tcx, W> {
    tcx: TyCtxt<'tcx>,
    wanted: W,
    poison_error: Option<DefId>,
    known: RefCell<FxHashMap<(Ty<'tcx>, ParamEnv<'tcx>), Rc<[Holding<'tcx>]>>>,
}

impl<'tcx, W: Wanted<'tcx>> Ownership<'tcx, W> {
    pub(crate) fn new(tcx: TyCtxt<'tcx>, wanted: W, poison_error: Option<DefId>) -> Self {
        Self {
            tcx,
            wanted,
            poison_error,
            known: RefCell::default(),
        }
    }

    pub(crate) fn wanted(&self) -> &W {
        &self.wanted
    }

    /// The places in a value of type `ty` where a wanted value may be.
    pub(crate) fn holdings(&self, env: TypingEnv<'tcx>, ty: Ty<'tcx>) -> Rc<[Holding<'tcx>]> {
        let ty = self.tcx.erase_and_anonymize_regions(ty);
        let key = (ty, env.param_env);
        if let Some(known) = self.known.borrow().get(&key) {
            return Rc::clone(known);
        }
        let mut search = Search {
            ownership: self,
            env,
            path: Vec::new(),
            visiting: Vec::new(),
            found: Vec::new(),
        };
        search.visit(ty, Context::default());
        let found: Rc<[Holding<'tcx>]> = search.finish().into();
        self.known.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    fn is_future(&self, env: TypingEnv<'tcx>, ty: Ty<'tcx>) -> bool {
        let Some(future) = self.tcx.lang_items().get(LangItem::Future) else {
            return false;
        };
        let (infcx, param_env) = self.tcx.infer_ctxt().build_with_typing_env(env);
        infcx
            .type_implements_trait(future, [ty], param_env)
            .may_apply()
    }
}

/// What has been passed on the way to a part.
#[derive(Clone, Copy, Default)]
struct Context {
    optional: bool,
    in_cell: bool,
    in_future: bool,
    if_poisoned: Option<usize>,
    /// Inside a type of another crate than the standard library or the one under check. What such
    /// a type shares with others through an `Rc` or `Arc` is its own affair.
    in_foreign: bool,
}

struct Search<'a, 'tcx, W> {
    ownership: &'a Ownership<'tcx, W>,
    env: TypingEnv<'tcx>,
    path: Vec<Step>,
    visiting: Vec<Ty<'tcx>>,
    found: Vec<Holding<'tcx>>,
}

impl<'tcx, W: Wanted<'tcx>> Search<'_, 'tcx, W> {
    fn visit(&mut self, ty: Ty<'tcx>, mut context: Context) {
        let tcx = self.ownership.tcx;
        let ty = tcx
            .try_normalize_erasing_regions(self.env, ty)
            .unwrap_or(ty);
        if self.visiting.len() >= MAX_DEPTH || self.visiting.contains(&ty) {
            return;
        }
        let before = self.found.len();
        self.visiting.push(ty);
        match *ty.kind() {
            ty::Adt(adt, args) => self.visit_adt(adt, args, context),
            ty::Tuple(fields) => self.visit_fields(fields, context),
            ty::Closure(_, args) => self.visit_fields(args.as_closure().upvar_tys(), context),
            ty::CoroutineClosure(_, args) => {
                self.visit_fields(args.as_coroutine_closure().upvar_tys(), context);
            }
            ty::Coroutine(_, args) => {
                context.in_future = true;
                self.visit_fields(args.as_coroutine().upvar_tys(), context);
            }
            ty::Array(element, _) => self.visit_content(element, context),
            _ => {}
        }
        self.visiting.pop();
        // Asked only about types that hold something: the answer is costly and rarely needed.
        if self.found.len() > before
            && matches!(ty.kind(), ty::Adt(..))
            && !self.found[before..].iter().all(|found| found.in_future)
            && self.ownership.is_future(self.env, ty)
        {
            for found in &mut self.found[before..] {
                found.in_future = true;
            }
        }
    }

    fn visit_fields(&mut self, fields: impl IntoIterator<Item = Ty<'tcx>>, context: Context) {
        for (index, field) in fields.into_iter().enumerate() {
            self.path.push(Step::Field(FieldIdx::from_usize(index)));
            self.visit(field, context);
            self.path.pop();
        }
    }

    fn visit_adt(&mut self, adt: AdtDef<'tcx>, args: GenericArgsRef<'tcx>, mut context: Context) {
        let tcx = self.ownership.tcx;
        let wanted = self.ownership.wanted();
        if wanted.is_wanted(adt, args) {
            self.found.push(Holding {
                path: self.path.clone(),
                wanted: Ty::new_adt(tcx, adt, args),
                in_container: false,
                optional: context.optional,
                in_cell: context.in_cell,
                in_future: context.in_future,
                if_poisoned: context.if_poisoned,
            });
            return;
        }
        if wanted.is_opaque(adt) || adt.is_phantom_data() || adt.is_union() {
            return;
        }
        if let Some(container) = self.container(adt) {
            let shared = container == Container::Shared;
            if !(shared && context.in_foreign) && !self.cannot_own(adt, args) {
                for content in args.types() {
                    self.visit_content(content, context);
                }
            }
            return;
        }
        if context.optional && Some(adt.did()) == self.ownership.poison_error {
            context.if_poisoned = Some(self.path.len());
        }
        context.in_cell |= adt.is_unsafe_cell();
        context.in_foreign |= !self.is_standard_or_local(adt.did());
        for (index, variant) in adt.variants().iter_enumerated() {
            let mut context = context;
            context.optional |= adt.is_enum();
            for (field, definition) in variant.fields.iter_enumerated() {
                self.path.push(if adt.is_enum() {
                    Step::Variant(index, field)
                } else {
                    Step::Field(field)
                });
                self.visit(definition.ty(tcx, args), context);
                self.path.pop();
            }
        }
    }

    /// Visits what a container may hold; all of it becomes one place, the container.
    fn visit_content(&mut self, content: Ty<'tcx>, context: Context) {
        let before = self.found.len();
        self.visit(content, context);
        if self.found.len() > before {
            self.found.truncate(before + 1);
            let found = &mut self.found[before];
            found.path.clone_from(&self.path);
            found.in_container = true;
            found.optional = true;
        }
    }

    fn container(&self, adt: AdtDef<'tcx>) -> Option<Container> {
        let tcx = self.ownership.tcx;
        let did = adt.did();
        if tcx.is_diagnostic_item(sym::Rc, did) || tcx.is_diagnostic_item(sym::Arc, did) {
            return Some(Container::Shared);
        }
        let krate = tcx.crate_name(did.krate);
        let is_container = krate == sym::alloc
            || OTHER_CONTAINER_CRATES.contains(&krate.as_str())
            || krate == sym::std && is_std_collection(tcx, did);
        is_container.then_some(Container::Owned)
    }

    /// Iterators over borrowed elements and weak pointers name the element type and own none.
    fn cannot_own(&self, adt: AdtDef<'tcx>, args: GenericArgsRef<'tcx>) -> bool {
        let tcx = self.ownership.tcx;
        tcx.is_diagnostic_item(sym::RcWeak, adt.did())
            || tcx.is_diagnostic_item(sym::ArcWeak, adt.did())
            || !Ty::new_adt(tcx, adt, args).needs_drop(tcx, self.env)
    }

    fn is_standard_or_local(&self, did: DefId) -> bool {
        did.is_local()
            || matches!(
                self.ownership.tcx.crate_name(did.krate),
                sym::std | sym::core | sym::alloc
            )
    }

    fn finish(mut self) -> Vec<Holding<'tcx>> {
        if self.found.len() > MAX_HOLDINGS {
            self.found.truncate(1);
            self.found[0].path.clear();
            self.found[0].in_container = true;
            self.found[0].optional = true;
        }
        self.found.dedup_by(|a, b| a.path == b.path);
        self.found
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Owned,
    Shared,
}

/// Crates whose types keep their elements behind raw pointers, like `alloc`'s.
const OTHER_CONTAINER_CRATES: [&str; 4] = ["hashbrown", "smallvec", "arrayvec", "thin_vec"];

/// Whether a type of `std` wraps `hashbrown`'s, whose fields lead to raw pointers.
fn is_std_collection(tcx: TyCtxt<'_>, did: DefId) -> bool {
    let collections = Symbol::intern("collections");
    tcx.def_path(did)
        .data
        .first()
        .and_then(|part| part.data.get_opt_name())
        == Some(collections)
}

//! Durations that are called or documented as a limit of the whole.

use rustc_hir::{
    Expr, ExprKind,
    def::{DefKind, Res},
    def_id::DefId,
};

use super::Looped;

/// Words in a name that say how long the whole may take.
const TOTAL: &[&str] = &["deadline", "total", "overall", "altogether"];

/// Pairs of words that say the same.
const TOTAL_PAIRS: &[(&str, &[&str])] = &[
    ("time", &["limit"]),
    ("max", &["duration", "runtime", "lifetime", "time"]),
    ("hard", &["limit", "timeout"]),
];

/// Words that say the contrary: a limit of a part, or of a silence.
const OF_A_PART: &[&str] = &[
    "between",
    "each",
    "every",
    "heartbeat",
    "idle",
    "inactive",
    "inactivity",
    "interval",
    "keepalive",
    "per",
    "period",
    "ping",
    "poll",
    "quiet",
    "silence",
    "tick",
    "without",
];

impl<'tcx> Looped<'_, '_, 'tcx> {
    /// The name of a duration that is called or documented as a limit of the whole.
    pub(super) fn total(&self, duration: &'tcx Expr<'tcx>) -> Option<String> {
        let mut names = Vec::new();
        self.names(duration, &mut names);
        names
            .into_iter()
            .find(|(name, docs)| {
                let of_a_part = has_word(name, OF_A_PART) || has_word(docs, OF_A_PART);
                !of_a_part && (is_total(name) || has_word(docs, TOTAL))
            })
            .map(|(name, _)| name)
    }

    /// The names in an expression, each with its documentation.
    fn names(&self, expr: &'tcx Expr<'tcx>, found: &mut Vec<(String, String)>) {
        match expr.kind {
            ExprKind::Path(ref path) => match self.typeck.qpath_res(path, expr.hir_id) {
                Res::Local(variable) => {
                    found.push((self.tcx.hir_name(variable).to_string(), String::new()));
                }
                Res::Def(
                    DefKind::Const { .. } | DefKind::AssocConst { .. } | DefKind::Static { .. },
                    item,
                ) => found.push((self.tcx.item_name(item).to_string(), self.docs(item))),
                _ => {}
            },
            ExprKind::Field(base, name) => {
                let ty = self.typeck.expr_ty_adjusted(base).peel_refs();
                let field = ty
                    .ty_adt_def()
                    .filter(|adt| adt.is_struct())
                    .and_then(|adt| {
                        let fields = &adt.non_enum_variant().fields;
                        fields.iter().find(|field| field.name == name.name)
                    });
                let docs = field.map(|field| self.docs(field.did)).unwrap_or_default();
                found.push((name.to_string(), docs));
            }
            ExprKind::Call(_, arguments) => {
                for argument in arguments {
                    self.names(argument, found);
                }
            }
            ExprKind::Cast(inner, _)
            | ExprKind::Unary(_, inner)
            | ExprKind::DropTemps(inner)
            | ExprKind::Binary(_, inner, _) => self.names(inner, found),
            _ => {}
        }
    }

    fn docs(&self, item: DefId) -> String {
        let Some(item) = item.as_local() else {
            return String::new();
        };
        let node = self.tcx.local_def_id_to_hir_id(item);
        let comments: Vec<String> = self
            .tcx
            .hir_attrs(node)
            .iter()
            .filter_map(|attribute| attribute.doc_str())
            .map(|text| text.to_string())
            .collect();
        comments.join(" ")
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn has_word(text: &str, wanted: &[&str]) -> bool {
    words(text)
        .iter()
        .any(|word| wanted.contains(&word.as_str()))
}

fn is_total(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| TOTAL.contains(&word.as_str()))
        || words.windows(2).any(|pair| {
            TOTAL_PAIRS
                .iter()
                .any(|(first, then)| pair[0] == *first && then.contains(&pair[1].as_str()))
        })
}

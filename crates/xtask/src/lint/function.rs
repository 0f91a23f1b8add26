//! The function that a line of source code lies in.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The functions of a file, outer ones before those inside them.
#[derive(Debug, Default)]
pub(crate) struct Functions(Vec<Function>);

#[derive(Debug)]
struct Function {
    /// With the modules, types and functions around it: `state::Pool::get`.
    path: String,
    first_line: usize,
    last_line: usize,
}

impl Functions {
    /// None in a text that is no Rust.
    pub(crate) fn of(text: &str) -> Self {
        let mut walk = Walk::default();
        if let Ok(file) = syn::parse_file(text) {
            walk.visit_file(&file);
        }
        Self(walk.found)
    }

    /// The path of the innermost function around a line, counted from 1.
    pub(crate) fn around(&self, line: usize) -> Option<&str> {
        self.0
            .iter()
            .rfind(|function| (function.first_line..=function.last_line).contains(&line))
            .map(|function| function.path.as_str())
    }
}

#[derive(Default)]
struct Walk {
    path: Vec<String>,
    found: Vec<Function>,
}

impl Walk {
    fn inside(&mut self, name: String, walk: impl FnOnce(&mut Self)) {
        self.path.push(name);
        walk(self);
        self.path.pop();
    }

    fn function(&mut self, name: &syn::Ident, span: Span, walk: impl FnOnce(&mut Self)) {
        self.inside(name.to_string(), |this| {
            this.found.push(Function {
                path: this.path.join("::"),
                first_line: span.start().line,
                last_line: span.end().line,
            });
            walk(this);
        });
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.inside(item.ident.to_string(), |walk| {
            visit::visit_item_mod(walk, item);
        });
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let name = match item.self_ty.as_ref() {
            syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        self.inside(name.unwrap_or_else(|| "_".to_owned()), |walk| {
            visit::visit_item_impl(walk, item);
        });
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.inside(item.ident.to_string(), |walk| {
            visit::visit_item_trait(walk, item);
        });
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig.ident, item.span(), |walk| {
            visit::visit_item_fn(walk, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig.ident, item.span(), |walk| {
            visit::visit_impl_item_fn(walk, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.function(&item.sig.ident, item.span(), |walk| {
            visit::visit_trait_item_fn(walk, item);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
mod state {
    impl<T> Pool<T> {
        async fn get(&self) {
            fn inner() {
                work();
            }
            inner();
        }
    }
    trait Source {
        fn next(&self) {
        }
    }
}
#[test]
fn a_test() {
    tokio::select! { _ = x() => {} }
}
";

    #[test]
    fn the_innermost_function_counts() {
        let functions = Functions::of(TEXT);
        for (line, path) in [
            (1, None),
            (3, Some("state::Pool::get")),
            (5, Some("state::Pool::get::inner")),
            (7, Some("state::Pool::get")),
            (11, Some("state::Source::next")),
            (17, Some("a_test")),
            (99, None),
        ] {
            assert_eq!(functions.around(line), path, "line {line}");
        }
    }

    #[test]
    fn what_is_no_rust_has_no_functions() {
        assert_eq!(Functions::of("[[package]]\nname = \"x\"\n").around(1), None);
        assert_eq!(Functions::of("fn broken( {").around(1), None);
    }
}

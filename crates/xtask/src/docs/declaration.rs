//! The lints as their sources declare them: name, level, description and rustdoc.

use std::fs;
use std::path::Path;

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, ExprLit, Ident, Item, Lit, LitStr, Meta, Token, Visibility};
use walkdir::WalkDir;

use crate::error::{Error, FileContext, Result};

/// One `declare_lint!`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    /// As users write it: in lower case.
    pub(super) name: String,
    /// `allow`, `warn`, `deny` or `forbid`.
    pub(super) level: String,
    pub(super) description: String,
    /// The rustdoc, a line each, without the blank that follows `///`.
    pub(super) docs: Vec<String>,
}

/// All lints that are declared in the sources in `folder`, sorted by name.
pub(super) fn declarations(folder: &Path) -> Result<Vec<Declaration>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            Error::new(format!("could not read `{}`: {error}", folder.display()))
        })?;
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(path).file("read", path)?;
        found.extend(in_file(&text).map_err(|error| {
            let at = error.span().start();
            let place = format!("{}:{}:{}", path.display(), at.line, at.column + 1);
            Error::new(format!("{place} is not understood: {error}"))
                .mend("write the lint as `declare_lint! { /// docs pub NAME, Level, \"text\" }`")
        })?);
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn in_file(text: &str) -> syn::Result<Vec<Declaration>> {
    let file = syn::parse_file(text)?;
    let macros = file.items.iter().filter_map(|item| match item {
        Item::Macro(item) => Some(&item.mac),
        _ => None,
    });
    macros
        .filter(|mac| {
            let name = mac.path.segments.last();
            name.is_some_and(|name| name.ident == "declare_lint")
        })
        .map(syn::Macro::parse_body)
        .collect()
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let name: Ident = input.parse()?;
        input.parse::<Token![,]>()?;
        let level: Ident = input.parse()?;
        input.parse::<Token![,]>()?;
        let description: LitStr = input.parse()?;
        // rustc's own options, such as `@eval_always = true`.
        input.step(|cursor| {
            let mut rest = *cursor;
            while let Some((_, next)) = rest.token_tree() {
                rest = next;
            }
            Ok(((), rest))
        })?;
        Ok(Self {
            name: name.to_string().to_lowercase(),
            level: level.to_string().to_lowercase(),
            description: description.value(),
            docs: attributes.iter().filter_map(doc_line).collect(),
        })
    }
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &meta.value
    else {
        return None;
    };
    let line = text.value();
    let line = line.strip_prefix(' ').unwrap_or(&line).trim_end();
    meta.path.is_ident("doc").then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_read_with_its_docs() {
        let text = "
            use x::y;
            rustc_session::declare_lint! {
                /// ### What it does
                /// Finds  things.
                ///
                ///     code
                pub SOME_LINT,
                Allow,
                \"a thing, \\\"quoted\\\"\",
                @eval_always = true
            }
            declare_lint!(pub(crate) OTHER, Warn, \"another\");
            declare_other!(whatever);
        ";
        let found = in_file(text).expect("declarations");
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0],
            Declaration {
                name: "some_lint".to_owned(),
                level: "allow".to_owned(),
                description: "a thing, \"quoted\"".to_owned(),
                docs: ["### What it does", "Finds  things.", "", "    code"]
                    .map(str::to_owned)
                    .into(),
            }
        );
        assert_eq!((found[1].name.as_str(), found[1].docs.len()), ("other", 0));
    }

    #[test]
    fn a_declaration_that_is_not_understood_is_named_with_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "fn f() {}\ndeclare_lint! { pub X, Warn }\n";
        fs::write(folder.path().join("x.rs"), text).expect("a file");
        let error = declarations(folder.path()).expect_err("no description");
        assert!(error.to_string().contains("x.rs:2:"), "{error}");
    }
}

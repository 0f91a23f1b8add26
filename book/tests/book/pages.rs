//! The pages of the book, and what is on them.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The book's folder.
pub(crate) fn book() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The repository's folder.
pub(crate) fn repository() -> PathBuf {
    book().join("..")
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// One page.
pub(crate) struct Page {
    /// Below `src`, such as `traps/futurelock.md`.
    pub(crate) name: String,
    pub(crate) text: String,
}

pub(crate) struct CodeBlock {
    /// What stands after the fence, such as `rust,ignore`.
    pub(crate) language: String,
    pub(crate) code: String,
}

/// Every page, the table of contents among them.
pub(crate) fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    collect(&book().join("src"), "", &mut pages);
    assert!(pages.len() > 50, "only {} pages were found", pages.len());
    pages
}

fn collect(folder: &Path, prefix: &str, pages: &mut Vec<Page>) {
    for entry in fs::read_dir(folder).expect("the book's sources can be listed") {
        let path = entry.expect("the book's sources can be listed").path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let name = format!("{prefix}{file}");
        if path.is_dir() {
            collect(&path, &format!("{name}/"), pages);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let text = read(&path);
            pages.push(Page { name, text });
        }
    }
}

impl Page {
    pub(crate) fn load(name: &str) -> Self {
        Self {
            name: name.into(),
            text: read(&book().join("src").join(name)),
        }
    }

    /// The folder that its relative links start from.
    pub(crate) fn folder(&self) -> PathBuf {
        let path = book().join("src").join(&self.name);
        path.parent().expect("a page is in a folder").to_path_buf()
    }

    fn events(&self) -> Parser<'_> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES)
    }

    /// Where its links lead.
    pub(crate) fn links(&self) -> Vec<String> {
        self.events()
            .filter_map(|event| match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    Some(dest_url.into_string())
                }
                _ => None,
            })
            .collect()
    }

    pub(crate) fn code_blocks(&self) -> Vec<CodeBlock> {
        let mut blocks = Vec::new();
        let mut inside = false;
        for event in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    inside = true;
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    let code = String::new();
                    blocks.push(CodeBlock { language, code });
                }
                Event::End(TagEnd::CodeBlock) => inside = false,
                Event::Text(text) if inside => blocks.last_mut().unwrap().code += &text,
                _ => {}
            }
        }
        blocks
    }

    /// The text of its headings, with their level.
    pub(crate) fn headings(&self) -> Vec<(HeadingLevel, String)> {
        let mut headings = Vec::new();
        let mut inside = false;
        for event in self.events() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    inside = true;
                    headings.push((level, String::new()));
                }
                Event::End(TagEnd::Heading(_)) => inside = false,
                Event::Text(text) | Event::Code(text) if inside => {
                    headings.last_mut().unwrap().1 += &text;
                }
                _ => {}
            }
        }
        headings
    }

    /// The fragments that its headings can be linked by, as mdBook makes them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let anchor = |heading: &String| {
            heading
                .to_lowercase()
                .chars()
                .filter_map(|c| match c {
                    c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
                    c if c.is_whitespace() => Some('-'),
                    _ => None,
                })
                .collect()
        };
        self.headings()
            .iter()
            .map(|(_, text)| anchor(text))
            .collect()
    }

    /// Its words, without code.
    pub(crate) fn words(&self) -> usize {
        let mut in_code = false;
        let mut words = 0;
        for event in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Text(text) | Event::Code(text) if !in_code => {
                    words += text.split_whitespace().count();
                }
                _ => {}
            }
        }
        words
    }
}

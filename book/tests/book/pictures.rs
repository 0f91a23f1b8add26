//! Pictures can be read without being seen, in every theme.

use std::fs;

use crate::pages::{book, pages, read};

#[test]
fn every_picture_is_used_and_has_its_text() {
    let pages = pages();
    let entries = fs::read_dir(book().join("src/pictures")).expect("the pictures can be listed");
    let mut pictures = 0;
    for entry in entries {
        let path = entry.expect("the pictures can be listed").path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = read(&path);
        for part in ["<title ", "<desc ", "<figcaption>", "role=\"img\""] {
            assert!(text.contains(part), "{name} lacks {part}");
        }
        // An empty line would end the block of HTML for Markdown.
        assert!(!text.contains("\n\n"), "{name} has an empty line");
        // Colours come from the theme, through classes.
        for own in ["fill=\"", "stroke=\"", "style=\""] {
            assert!(!text.contains(own), "{name} has colours of its own: {own}");
        }
        let include = format!("pictures/{name}.svg}}}}");
        let used = pages.iter().filter(|page| page.text.contains(&include));
        assert_eq!(used.count(), 1, "{name} is to be on one page");
        pictures += 1;
    }
    assert_ne!(pictures, 0);
}

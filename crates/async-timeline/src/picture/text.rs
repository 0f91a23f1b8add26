//! Text that fits: into XML, into ids, into the room there is.

/// The mean width of a letter at the size of `style.css`, 12 px. Browsers' sans-serif fonts differ
/// by some percent, so nothing may depend on more than that.
const LETTER: f64 = 7.0;

pub(super) fn width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// At most so wide, with an ellipsis for what is left out.
pub(super) fn shorten(text: &str, room: f64) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    for letter in text.chars() {
        if width(&short) + 2.0 * LETTER > room {
            break;
        }
        short.push(letter);
    }
    format!("{}…", short.trim_end())
}

/// Without what XML 1.0 cannot hold; line ends become blanks.
pub(super) fn clean(text: &str) -> String {
    let clean = |letter: char| match letter {
        '\n' | '\r' | '\t' => ' ',
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    };
    text.chars().map(clean).collect()
}

/// An id made of a title: letters, digits and hyphens.
pub(super) fn id(title: &str) -> String {
    let mut id = String::from("timeline");
    for word in title.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
        if !word.is_empty() {
            id.push('-');
            id.push_str(&word.to_ascii_lowercase());
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_no_blanks() {
        assert_eq!(
            id("Futurelock: who waits?"),
            "timeline-futurelock-who-waits"
        );
        assert_eq!(id("…"), "timeline");
        assert_eq!(id("never_polled"), "timeline-never_polled");
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(clean("a\0b\nc\u{ffff}"), "a\u{fffd}b c\u{fffd}");
    }

    #[test]
    fn long_names_end_in_an_ellipsis() {
        assert_eq!(shorten("upload", 100.0), "upload");
        let short = shorten("a very long name of a lane", 60.0);
        assert!(short.ends_with('…'), "{short}");
        assert!(width(&short) <= 60.0, "{short}");
    }
}

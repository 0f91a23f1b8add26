//! The corpus of the fuzz targets, without a fuzzer: what once broke a rule breaks it here again.

#[expect(
    unreachable_pub,
    reason = "there it is the root of a library, and here a module of a test"
)]
#[path = "../fuzz/src/lib.rs"]
mod entries;

use std::fs;
use std::path::Path;

fn replay(target: &str, entry: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut count = 0;
    for file in fs::read_dir(folder.join(target)).expect("the corpus") {
        let path = file.expect("the corpus").path();
        let input = fs::read(&path).expect("a file of the corpus");
        println!("{}", path.display());
        entry(&input);
        count += 1;
    }
    assert!(count > 0, "the corpus of `{target}` is empty");
    // And the least of all inputs, which a fuzzer tries as well.
    entry(&[]);
}

#[test]
fn packets_are_classified() {
    replay("classify", entries::classify);
}

#[test]
fn dns_messages_are_parsed() {
    replay("dns", entries::dns);
}

#[test]
fn what_a_proxy_says_is_parsed() {
    replay("socks5", entries::socks5);
}

#[test]
fn the_loop_turns() {
    replay("turns", entries::turns);
}

//! Blocking calls in functions that async code calls.
#![allow(dead_code, unused)]

use std::{fs, io, path::Path, thread, time::Duration};

fn load(path: &Path) -> io::Result<String> {
    fs::read_to_string(path)
}

fn load_twice(path: &Path) -> io::Result<String> {
    Ok(load(path)? + &load(path)?)
}

async fn one_call_away() -> io::Result<String> {
    load(Path::new("a"))
}

async fn two_calls_away() -> io::Result<String> {
    load_twice(Path::new("a"))
}

/// Used from synchronous code as well.
fn synchronous() -> io::Result<String> {
    load(Path::new("a"))
}

async fn each_call_is_reported() {
    load(Path::new("a"));
    load(Path::new("b"));
}

async fn the_inner_future_is_reported_once() -> io::Result<String> {
    one_call_away().await
}

struct Store;

impl Store {
    fn load(&self) -> io::Result<String> {
        load(Path::new("a"))
    }

    async fn refresh(&self) -> io::Result<String> {
        self.load()
    }
}

trait Source {
    fn text(&self) -> String;

    fn twice(&self) -> String {
        self.text() + &self.text()
    }
}

impl Source for Store {
    fn text(&self) -> String {
        fs::read_to_string("a").unwrap_or_default()
    }
}

struct Memory(String);

impl Source for Memory {
    fn text(&self) -> String {
        self.0.clone()
    }
}

async fn through_a_trait(store: Store) -> String {
    store.twice()
}

fn generic<S: Source>(source: S) -> String {
    source.text()
}

async fn through_a_generic_function() -> String {
    generic(Store)
}

async fn through_the_other_implementation() -> String {
    generic(Memory(String::new())) + &Memory(String::new()).twice()
}

fn with<R>(f: impl FnOnce() -> R) -> R {
    f()
}

async fn a_closure_that_a_function_calls() -> io::Result<String> {
    with(|| load(Path::new("a")))
}

async fn a_function_that_a_function_calls() -> io::Result<String> {
    with(synchronous)
}

fn print(mut out: impl io::Write) {
    out.write_all(b"text");
}

async fn a_generic_writer() {
    print(Vec::new());
    print(fs::File::from(std::os::fd::OwnedFd::from(io::pipe().unwrap().1)));
}

fn recursive(depth: u32) {
    if depth > 0 {
        recursive(depth - 1);
    }
    thread::sleep(Duration::from_secs(1));
}

async fn a_recursive_function() {
    recursive(3);
}

struct Lines;

impl Iterator for Lines {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        fs::read_to_string("line").ok()
    }
}

async fn an_iterator() {
    for line in Lines {
        drop(line);
    }
}

fn main() {}

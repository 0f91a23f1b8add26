//! `block_in_place` behind a question for the runtime's flavor, in many forms.
#![allow(dead_code)]

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};

fn checksum() -> u64 {
    block_in_place(|| 1)
}

#[tokio::test]
async fn an_early_return() {
    if Handle::current().runtime_flavor() != RuntimeFlavor::MultiThread {
        return;
    }
    checksum();
}

#[tokio::test]
async fn an_early_return_before_an_await() {
    let RuntimeFlavor::MultiThread = Handle::current().runtime_flavor() else {
        return;
    };
    tokio::task::yield_now().await;
    block_in_place(|| ());
}

#[tokio::test]
async fn an_assertion() {
    assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::MultiThread);
    checksum();
}

#[tokio::test]
async fn an_if_let() {
    if let RuntimeFlavor::MultiThread = Handle::current().runtime_flavor() {
        checksum();
    }
}

#[tokio::test]
async fn a_match_with_more_to_it() {
    let value = match (Handle::current().runtime_flavor(), 3) {
        (RuntimeFlavor::MultiThread, n) if n > 2 => checksum(),
        (RuntimeFlavor::CurrentThread, _) => 0,
        _ => 1,
    };
    drop(value.to_string());
}

#[tokio::test]
async fn a_combinator() {
    let multi = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
    multi.then(|| block_in_place(|| 1));
    Handle::try_current()
        .ok()
        .filter(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
        .map(|_| checksum());
}

#[tokio::test]
async fn the_number_of_workers() {
    if Handle::current().metrics().num_workers() > 1 {
        checksum();
    }
}

#[derive(PartialEq)]
enum Kind {
    Workers,
    Single,
    None,
}

fn kind() -> Kind {
    match Handle::try_current() {
        Err(_) => Kind::None,
        Ok(handle) => match handle.runtime_flavor() {
            RuntimeFlavor::MultiThread => Kind::Workers,
            _ => Kind::Single,
        },
    }
}

fn by_kind() -> u64 {
    match kind() {
        Kind::Workers => checksum(),
        Kind::Single => std::thread::scope(|scope| scope.spawn(checksum).join().unwrap()),
        Kind::None => 0,
    }
}

#[tokio::test]
async fn a_kind_of_our_own() {
    by_kind();
    if kind() == Kind::Workers {
        checksum();
    }
}

fn ensure_workers() -> Result<(), String> {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => Ok(()),
        flavor => Err(format!("needs workers, not {flavor:?}")),
    }
}

async fn after_ensuring() -> Result<u64, String> {
    ensure_workers()?;
    tokio::task::yield_now().await;
    Ok(checksum())
}

#[tokio::test]
async fn a_question_mark() {
    assert!(after_ensuring().await.is_err());
}

struct Pool {
    has_workers: bool,
}

impl Pool {
    fn new() -> Self {
        let has_workers = Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread;
        Self { has_workers }
    }

    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        if self.has_workers { block_in_place(f) } else { f() }
    }
}

#[tokio::test]
async fn an_answer_kept_in_a_field() {
    Pool::new().run(|| 1);
}

trait Blocking {
    fn blocking<R>(&self, f: impl FnOnce() -> R) -> R;
}

impl Blocking for Handle {
    fn blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        let multi_thread = matches!(self.runtime_flavor(), RuntimeFlavor::MultiThread);
        if multi_thread {
            return block_in_place(f);
        }
        f()
    }
}

#[tokio::test]
async fn an_extension_trait() {
    Handle::current().blocking(|| 1);
}

fn only_outside_tests() -> u64 {
    if cfg!(test) {
        return 1;
    }
    checksum()
}

#[tokio::test]
async fn left_out_of_tests() {
    only_outside_tests();
    #[cfg(not(test))]
    checksum();
}

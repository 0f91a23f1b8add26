//! Programs that do not compile: the compiler's errors are to come out, and nothing else.

/// Name, text, and a part of the error.
pub const BROKEN: &[(&str, &str, &str)] = &[
    (
        "unclosed",
        "pub async fn run() { yield_now().await; ",
        "unclosed",
    ),
    (
        "types",
        "pub async fn run() -> u8 { yield_now().await; \"\" }",
        "mismatched types",
    ),
    (
        "moved",
        "pub async fn run() { let v = vec![1]; drop(v); yield_now().await; drop(v); }",
        "use of moved value",
    ),
    (
        "borrowed",
        "pub async fn run() { let mut v = 1; let a = &mut v; let b = &mut v; yield_now().await; *a = 1; *b = 2; }",
        "cannot borrow",
    ),
    (
        "outlives",
        "pub fn run(text: &str) { tokio::spawn(async move { yield_now().await; drop(text); }); }",
        "escapes outside",
    ),
    (
        "not_send",
        "pub fn run() { tokio::spawn(async { let r = std::rc::Rc::new(1); yield_now().await; drop(r); }); }",
        "cannot be sent",
    ),
    (
        "await_in_sync",
        "pub fn run() { yield_now().await }",
        "only allowed inside `async`",
    ),
    (
        "endless_future",
        "pub async fn run() { run().await }",
        "recursion in an async fn requires boxing",
    ),
    (
        "endless_type",
        "pub struct S(S); pub async fn run(s: S) { yield_now().await; drop(s); }",
        "infinite size",
    ),
    (
        "unknown_name",
        "pub async fn run() { tokio::select! { () = nowhere() => {} } }",
        "cannot find function",
    ),
    (
        "unknown_type",
        "pub async fn run(x: Missing<u8>) { let g = x.lock(); yield_now().await; drop(g); }",
        "cannot find type",
    ),
    (
        "unknown_method",
        "pub async fn run() { let g = 1.lock(); yield_now().await; g.x.y.await; }",
        "no method named",
    ),
    (
        "not_exhaustive",
        "pub async fn run(x: Option<u8>) { match x { Some(_) => yield_now().await } }",
        "non-exhaustive",
    ),
    (
        "not_a_future",
        "pub async fn run() { 1.await; tokio::time::timeout(Duration::ZERO, 3).await; }",
        "is not a future",
    ),
    (
        "bad_select",
        "pub async fn run() { loop { tokio::select! { x y => {} } } }",
        "no rules expected",
    ),
    (
        "missing_impl",
        "pub struct S; impl Future for S { type Output = (); } pub async fn run() { S.await }",
        "not all trait items",
    ),
    (
        "ambiguous",
        "pub async fn run() { let x = None; yield_now().await; let _ = x; }",
        "type annotations needed",
    ),
    (
        "failing_constant",
        "pub const N: usize = [1][2]; pub async fn run() { let a = [0; N]; yield_now().await; drop(a); }",
        "index out of bounds",
    ),
    (
        "cycle",
        "pub trait A: B {} pub trait B: A {} pub async fn run(x: &dyn A) { yield_now().await; let _ = x; }",
        "cycle detected",
    ),
    (
        "private",
        "mod m { pub struct S { x: u8 } impl S { pub fn new() -> S { S { x: 1 } } } } pub async fn run() { let s = m::S::new(); yield_now().await; s.x; }",
        "is private",
    ),
    (
        "opaque_cycle",
        "pub fn run() -> impl Future<Output = ()> { async { run().await } }",
        "recursion in an async block",
    ),
    (
        "denied_warning",
        "#![deny(unused_variables)] pub async fn run() { let g = 1; yield_now().await; }",
        "unused variable",
    ),
];

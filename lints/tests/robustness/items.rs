//! Items that stand by themselves: shapes of Rust that a lint walks into on its way to the code it
//! is about.

/// Name and text.
pub const ITEMS: &[(&str, &str)] = &[
    ("nothing", ""),
    (
        "empty_enum",
        "pub enum Never {} impl Future for Never { type Output = Never; fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Never> { match *self {} } } pub async fn run(n: Never) { n.await; }",
    ),
    (
        "union_future",
        "pub union Both<T: Copy> { a: T, b: std::mem::ManuallyDrop<Vec<T>> } pub async fn run(both: Both<u8>) -> u8 { yield_now().await; unsafe { both.a } }",
    ),
    (
        "zero_sized",
        "pub struct Zero; pub struct Marker<T: ?Sized>(std::marker::PhantomData<fn() -> T>); pub async fn run(zero: Zero, _m: Marker<str>) -> [Zero; 1] { yield_now().await; [zero] }",
    ),
    (
        "extern_static",
        "unsafe extern \"C\" { static mut environ: *const *const u8; } pub async unsafe fn run() -> *const *const u8 { yield_now().await; unsafe { environ } }",
    ),
    (
        "extern_types",
        "unsafe extern \"C\" { type Opaque; } pub async fn run(o: *const Opaque) { yield_now().await; let _ = o; }",
    ),
    (
        "recursive_type",
        "pub struct List(Option<Box<List>>, Option<Box<dyn Future<Output = List>>>); pub async fn run(mut list: List) { while let Some(next) = list.0.take() { yield_now().await; list = *next; } }",
    ),
    (
        "recursive_trait",
        "pub trait Node { type Next: Node<Next = Self::Next>; async fn walk(self) -> Self::Next; } impl Node for () { type Next = (); async fn walk(self) { yield_now().await } }",
    ),
    (
        "deep_generics",
        "pub type Deep = Option<Option<Option<Option<Option<Result<Vec<Box<[Option<std::sync::MutexGuard<'static, u8>>]>>, std::rc::Rc<()>>>>>>>; pub async fn run(deep: Deep) { yield_now().await; drop(deep); }",
    ),
    (
        "deep_nesting",
        "pub async fn run() { async { async { async { async { async { async { async { async { yield_now().await }.await }.await }.await }.await }.await }.await }.await }.await }",
    ),
    (
        "where_clauses",
        "pub async fn run<'a, 'b: 'a, T, const N: usize>(one: &'a [T; N], _two: &'b T) -> &'a T where for<'c> &'c T: IntoIterator<Item = &'c T>, T: ?Sized + 'b, T: Sized, [T; N]: Sized { yield_now().await; &one[0] }",
    ),
    (
        "trait_objects",
        "pub trait Job: Send + Sync + 'static { fn run(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>>; } impl<T: Future<Output = ()> + Send + Sync + 'static> Job for T { fn run(self: Box<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> { Box::pin(async move { Pin::from(self).await }) } } pub async fn all(jobs: Vec<Box<dyn Job>>) { for job in jobs { job.run().await } }",
    ),
    (
        "upcasting",
        "pub trait Super { fn f(&self) {} } pub trait Sub: Super {} pub async fn run(sub: &dyn Sub) { let up: &dyn Super = sub; yield_now().await; up.f(); }",
    ),
    (
        "self_types",
        "pub struct S; impl S { pub async fn by_arc(self: std::sync::Arc<Self>) { yield_now().await } pub async fn by_pin(self: Pin<&mut Self>) { yield_now().await } pub async fn by_rc(self: &std::rc::Rc<Self>) { yield_now().await } }",
    ),
    (
        "operators",
        "pub struct F; impl std::ops::Deref for F { type Target = std::sync::Mutex<u8>; fn deref(&self) -> &Self::Target { static M: std::sync::Mutex<u8> = std::sync::Mutex::new(1); &M } } impl std::ops::Index<&str> for F { type Output = u8; fn index(&self, _: &str) -> &u8 { &1 } } pub async fn run() -> u8 { let held = F.lock().unwrap(); yield_now().await; *held + F[\"x\"] }",
    ),
    (
        "into_future",
        "pub struct Later; impl IntoFuture for Later { type Output = u8; type IntoFuture = std::future::Ready<u8>; fn into_future(self) -> Self::IntoFuture { std::future::ready(1) } } pub async fn run() -> u8 { Later.await + async { Later }.await.await }",
    ),
    (
        "async_iterator",
        "pub struct S; impl futures::Stream for S { type Item = (); fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<()>> { Poll::Ready(None) } } pub async fn run() { use futures::StreamExt as _; let mut s = S; while let Some(()) = s.next().await {} S.for_each(|()| async {}).await; }",
    ),
    (
        "async_drop_like",
        "pub struct Guard<'a>(&'a Cell<u8>); impl Drop for Guard<'_> { fn drop(&mut self) { self.0.set(0); } } pub async fn run(cell: &Cell<u8>) { let _guard = Guard(cell); { let _ = Guard(cell); } let _kept = std::mem::ManuallyDrop::new(Guard(cell)); yield_now().await; }",
    ),
    (
        "derives",
        "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)] #[repr(u8)] pub enum Kind { #[default] A, B = 7, C { x: u8 } = 9 } pub async fn run(k: Kind) -> Kind { yield_now().await; if k == Kind::A { Kind::C { x: 1 } } else { k.clone() } }",
    ),
    (
        "unnameable",
        "pub fn make() -> impl Fn() -> Pin<Box<dyn Future<Output = ()>>> + Clone { let lock = std::sync::Arc::new(std::sync::Mutex::new(())); move || { let lock = lock.clone(); Box::pin(async move { let held = lock.lock(); yield_now().await; drop(held) }) } }",
    ),
    (
        "impl_everywhere",
        "pub async fn run(jobs: impl IntoIterator<Item = impl Future<Output = impl Sized>>) -> impl Sized { let mut all = Vec::new(); for job in jobs { all.push(job.await) } all }",
    ),
    (
        "precise_capture",
        "pub fn run<'a, T>(value: &'a T, _other: &u8) -> impl Future<Output = &'a T> + use<'a, T> { async move { yield_now().await; value } }",
    ),
    (
        "higher_ranked",
        "pub async fn run<F>(f: F) where F: for<'a> AsyncFn(&'a mut u8) -> &'a u8 { let mut x = 1; f(&mut x).await; } pub async fn call() { run(async |x| { *x += 1; yield_now().await; &*x }).await }",
    ),
    (
        "shadowed_names",
        "pub mod tokio { pub mod time { pub async fn timeout(_: u8, f: impl Future<Output = ()>) { f.await } } pub mod task { pub fn block_in_place<T>(f: impl FnOnce() -> T) -> T { f() } } macro_rules! select { ($($t:tt)*) => { () } } pub(super) use select; } #[allow(async_fn_in_trait)] pub async fn run() { tokio::time::timeout(1, yield_now()).await; tokio::task::block_in_place(|| 1); tokio::select! { a = b => c } }",
    ),
    (
        "raw_identifiers",
        "pub mod r#async { pub async fn r#await() {} } pub async fn r#loop(r#match: u8) -> u8 { r#async::r#await().await; r#match }",
    ),
    (
        "unicode_names",
        "pub async fn größe(ß: u8) -> u8 { yield_now().await; let 数 = ß; 数 } pub struct Ünïcode; impl Ünïcode { pub async fn läuft(&self) { größe(1).await; } }",
    ),
    (
        "attributes",
        "#[cfg(any())] compile_error!(\"no\"); #[cfg_attr(all(), inline(never), must_use, deprecated(note = \"x\"))] #[track_caller] pub async fn run() -> u8 { #[allow(unused)] let x = 1; #[cfg(any())] return 2; #[rustfmt::skip] { yield_now().await }; x }",
    ),
    (
        "empty_macros",
        "macro_rules! nothing { () => {}; ($($x:tt)+) => { nothing! { } } } nothing! {} nothing! { a b } pub async fn run() { nothing! { c } yield_now().await; nothing!(); }",
    ),
    (
        "recursive_macro",
        "macro_rules! nest { () => { yield_now().await }; (x $($rest:tt)*) => { { let g = std::sync::Mutex::new(1); let h = g.lock(); async { nest!($($rest)*) }.await; drop(h); } } } pub async fn run() { nest!(x x x x x x); }",
    ),
    (
        "select_in_macro",
        "macro_rules! race { ($($p:pat = $f:expr => $b:expr),+ $(,)?) => { loop { tokio::select! { $($p = $f => { $b; break })+ } } } } pub async fn run() { race! { () = yield_now() => 1, _ = tokio::time::sleep(Duration::ZERO) => 2 } }",
    ),
    (
        "tuple_of_64",
        "pub async fn run() { let t = (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64); yield_now().await; let _ = t.63; }",
    ),
    (
        "select_of_64",
        "pub async fn run() { let mut f = Box::pin(yield_now()); let mut g = Box::pin(yield_now()); loop { tokio::select! { () = &mut f => {} () = &mut g => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} () = yield_now() => {} } } }",
    ),
    (
        "const_async_sizes",
        "pub const fn size<T>(_: &T) -> usize { size_of::<T>() } pub async fn run() -> usize { let inner = async { let big = [0_u8; 20_000]; yield_now().await; big.len() }; size(&inner) + inner.await }",
    ),
    (
        "static_dyn",
        "pub static JOBS: std::sync::LazyLock<Vec<Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>>> = std::sync::LazyLock::new(|| vec![Box::new(|| Box::pin(yield_now()))]); pub async fn run() { for job in JOBS.iter() { job().await } }",
    ),
    (
        "divergent_async",
        "pub async fn run() -> ! { loop { yield_now().await } } pub async fn call() { run().await; } pub async fn exit() -> ! { std::process::exit(1) }",
    ),
    (
        "infinite_poll",
        "pub struct P; impl Future for P { type Output = (); fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> { Poll::Pending } } impl Future for Q { type Output = !; fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<!> { loop { if cx.waker().will_wake(std::task::Waker::noop()) { return Poll::Pending } } } } pub struct Q; pub async fn run() { P.await; Q.await }",
    ),
    (
        "poll_traits",
        "pub struct S<T>(T); impl<T: tokio::io::AsyncRead + Unpin> tokio::io::AsyncRead for S<T> { fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, b: &mut tokio::io::ReadBuf<'_>) -> Poll<std::io::Result<()>> { match Pin::new(&mut self.0).poll_read(cx, b) { Poll::Ready(r) => Poll::Ready(r), p @ Poll::Pending => p } } }",
    ),
    (
        "runtime_inside",
        "pub async fn run() { let rt = tokio::runtime::Builder::new_multi_thread().build().unwrap(); rt.block_on(async {}); tokio::runtime::Handle::current().block_on(yield_now()); drop(rt); }",
    ),
    (
        "file_descriptors",
        "#[cfg(unix)] pub async fn run(file: std::fs::File) { use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd}; let fd = file.as_raw_fd(); tokio::spawn(async move { let again = unsafe { std::fs::File::from_raw_fd(fd) }; yield_now().await; let _ = again.into_raw_fd(); }); drop(file); }",
    ),
    (
        "exported",
        "#[unsafe(no_mangle)] pub extern \"C\" fn robustness_exported(call: Option<extern \"C\" fn(*mut u8)>) -> i32 { let done = futures::executor::block_on(async { yield_now().await; 1 }); if let Some(call) = call { call(std::ptr::null_mut()); } done } pub extern \"system\" fn other(f: fn()) { let _ = std::panic::catch_unwind(f); } pub extern \"C-unwind\" fn unwinds() { panic!() }",
    ),
    (
        "variadic",
        "unsafe extern \"C\" { fn printf(format: *const i8, ...) -> i32; } pub async fn run() { yield_now().await; unsafe { printf(c\"%d\".as_ptr().cast(), 1); } }",
    ),
    (
        "simd_like",
        "#[repr(C, align(64))] #[derive(Clone, Copy)] pub struct Lanes([f32; 16]); #[repr(transparent)] pub struct One(Lanes, ()); #[repr(packed)] pub struct Packed(u8, u64); pub async fn run(p: Packed) -> u64 { let lanes = One(Lanes([0.0; 16]), ()); yield_now().await; let _ = lanes.0; p.1 }",
    ),
    (
        "try_and_never",
        "pub async fn run() -> Result<!, std::convert::Infallible> { let r: Result<u8, !> = Ok(1); let Ok(x) = r; yield_now().await; if x == 1 { loop { yield_now().await } } loop {} }",
    ),
    (
        "trait_alias_like",
        "pub trait Fut: Future<Output = ()> + Send {} impl<F: Future<Output = ()> + Send> Fut for F {} pub fn spawn(f: impl Fut + 'static) { tokio::spawn(f); } pub trait Svc { async fn call(&self); } pub fn run<S: Svc + 'static>(s: S) { tokio::task::spawn_local(async move { s.call().await }); }",
    ),
    (
        "doc_tests",
        "//! Inner.\n/// ```compile_fail\n/// let x: u8 = \"\";\n/// ```\npub async fn run() { /* yield_now().await */ r#\"}} \" {\"#; b'\\''; '\\u{1F600}'; yield_now().await }",
    ),
];

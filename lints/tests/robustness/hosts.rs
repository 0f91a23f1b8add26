//! Where an async body may stand. `{body}` is a list of statements in an async context whose value
//! is `()`; what stands around it may be anything that Rust allows there.

/// Name and text.
pub const HOSTS: &[(&str, &str)] = &[
    ("free_fn", "pub async fn run() { {body} }"),
    (
        "const_generic",
        "pub async fn run<const N: usize, T: Default + Clone>(_: [T; N]) -> [u8; N] {
            {body}
            [0; N]
        }
        pub async fn call() { run::<3, String>(Default::default()).await; }",
    ),
    (
        "method",
        "pub struct Host<'a, T: ?Sized> { _value: &'a T }
        impl<'a, T: ?Sized + Sync> Host<'a, T> {
            pub async fn run(&mut self) -> &'a T { {body} self._value }
            pub const MADE: usize = { const fn one() -> usize { 1 } one() };
        }",
    ),
    (
        "trait_default",
        "pub trait Host { async fn run(&self) { {body} } async fn must(&self); }
        impl Host for () { async fn must(&self) { self.run().await } }
        impl Host for ! { async fn must(&self) { match *self {} } }",
    ),
    (
        "impl_trait_in_trait",
        "pub trait Host { fn run(&self) -> impl Future<Output = impl Sized> + '_; }
        pub struct Made;
        impl Host for Made {
            fn run(&self) -> impl Future<Output = impl Sized> + '_ { async move { {body} self as *const Self as usize } }
        }",
    ),
    (
        "gat",
        "pub trait Lend { type Item<'a>: Future<Output = ()> where Self: 'a; fn lend<'a>(&'a mut self) -> Self::Item<'a>; }
        pub struct Own(u8);
        impl Lend for Own {
            type Item<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;
            fn lend<'a>(&'a mut self) -> Self::Item<'a> { Box::pin(async move { {body} self.0 += 1; }) }
        }",
    ),
    (
        "async_closure",
        "pub async fn run() {
            let count = Cell::new(0);
            let work = async |by: u8| { {body} count.set(count.get() + by); };
            work(1).await;
            async fn twice<F: AsyncFn(u8)>(work: F) { work(1).await; work(2).await; }
            twice(work).await;
        }",
    ),
    (
        "boxed_dyn",
        "pub type Job = Box<dyn for<'a> Fn(&'a str) -> Pin<Box<dyn Future<Output = ()> + 'a>>>;
        pub fn run() -> Job { Box::new(|name| Box::pin(async move { {body} drop(name); })) }",
    ),
    (
        "recursion",
        "pub fn run(depth: usize) -> Pin<Box<dyn Future<Output = ()>>> {
            Box::pin(async move { if depth > 0 { {body} run(depth - 1).await; } })
        }",
    ),
    (
        "two_blocks_deep",
        "pub fn run() -> impl Future<Output = ()> {
            async { async move { let inner = async { {body} }; inner.await; }.await }
        }",
    ),
    (
        "made_by_macro",
        "macro_rules! make { ($name:ident, $($body:tt)*) => { pub async fn $name() { $($body)* } } }
        make! { run, {body} }",
    ),
    (
        "decl_macro",
        "pub macro hygienic($body:block) { async move { let guard = 1; let _ = guard; $body } }
        pub async fn run() { hygienic!({ {body} }).await; }",
    ),
    (
        "tokio_test",
        "#[tokio::test(flavor = \"multi_thread\", worker_threads = 2)]
        async fn run() { {body} }
        #[tokio::test]
        #[should_panic]
        async fn panics() { {body} panic!() }",
    ),
    (
        "tokio_main",
        "#[tokio::main(flavor = \"current_thread\")] pub async fn run() -> Result<(), Box<dyn std::error::Error>> { {body} Ok(()) }",
    ),
    (
        "drop_impl",
        "pub struct Host; impl Drop for Host { fn drop(&mut self) { futures::executor::block_on(async { {body} }) } }",
    ),
    (
        "spawned",
        "pub fn run() -> tokio::task::JoinHandle<()> {
            let set = tokio::task::LocalSet::new();
            set.spawn_local(async move { {body} })
        }",
    ),
    (
        "in_constant",
        "pub const RUN: fn() -> Pin<Box<dyn Future<Output = ()>>> = || Box::pin(async { {body} });
        pub static CALLS: [fn() -> Pin<Box<dyn Future<Output = ()>>>; 2] = [RUN; 2];
        pub const _: () = { const LENGTH: usize = [(); 3].len(); assert!(LENGTH == 3); };",
    ),
    (
        "nested_items",
        "pub async fn run() {
            mod inside { pub(super) enum Never {} pub(super) union Both { pub a: u32, pub b: f32 } }
            fn _never(never: inside::Never) -> ! { match never {} }
            let both = inside::Both { a: 1 };
            let _bits = unsafe { both.b };
            {body}
        }",
    ),
    (
        "unsafe_extern",
        "unsafe extern \"C\" { safe fn abs(value: i32) -> i32; fn getenv(name: *const u8) -> *const u8; }
        pub unsafe extern \"C\" fn run(data: *mut u8) -> *mut std::ffi::c_void {
            let job: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move { let _ = abs(-1); {body} });
            Box::into_raw(Box::new((job, data))).cast()
        }",
    ),
    (
        "poll_fn",
        "pub async fn run() {
            let mut inner = std::pin::pin!(async { {body} });
            std::future::poll_fn(move |cx| inner.as_mut().poll(cx)).await
        }",
    ),
    (
        "hand_written_future",
        "pub struct Host<F> { inner: Option<F>, polls: usize }
        impl<F: Future + Unpin> Future for Host<F> {
            type Output = Option<F::Output>;
            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.polls += 1;
                let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
                match Pin::new(inner).poll(cx) { Poll::Ready(value) => { self.inner = None; Poll::Ready(Some(value)) } Poll::Pending => Poll::Pending }
            }
        }
        pub async fn run() { Host { inner: Some(Box::pin(async { {body} })), polls: 0 }.await; }",
    ),
    (
        "gen_blocks",
        "pub fn numbers() -> impl Iterator<Item = u8> { gen { for at in 0..3 { yield at; } } }
        pub async gen fn stream() -> u8 { { {body} } yield 1; { {body} } yield 2; }",
    ),
    (
        "coroutine",
        "pub fn run() -> impl std::ops::Coroutine<u8, Yield = u8, Return = Pin<Box<dyn Future<Output = ()>>>> {
            #[coroutine] static |mut at: u8| { while at < 9 { at = yield at; } Box::pin(async { {body} }) as _ }
        }",
    ),
    (
        "opaque_alias",
        "pub type Job = impl Future<Output = ()>;
        #[define_opaque(Job)] pub fn run() -> Job { async { {body} } }",
    ),
];

//! How large a future is.
//!
//! Answers the traps [`large_value_across_await`](https://async-patterns.github.io/book/traps/large_value_across_await.html) and [`stack_overflow_by_future`](https://async-patterns.github.io/book/traps/stack_overflow_by_future.html).
//!
//! A future holds everything that lives across one of its awaits, and the futures it awaits as
//! well. A buffer of 64 KiB that is alive across an await makes the future, and every future
//! around it, that much larger; thousands of such tasks eat memory, and moving them around (most
//! of all in unoptimized builds) eats the stack.
//!
//! [`future_size_of`] says the size, and [`assert_future_size!`](crate::assert_future_size!) keeps
//! it in check in a test. To shrink a future, let the large value go out of scope before the
//! await, or box the large future inside with `Box::pin`.

#[doc(inline)]
pub use crate::assert_future_size;

/// The size of a future in bytes: what `tokio::spawn` moves into a task.
///
/// Answers the traps [`large_value_across_await`](https://async-patterns.github.io/book/traps/large_value_across_await.html) and [`stack_overflow_by_future`](https://async-patterns.github.io/book/traps/stack_overflow_by_future.html).
///
/// It counts everything inline in the future and nothing behind a box: a boxed future measures as
/// its box, a `&mut` one as a reference. The future is not polled. The compiler does not promise
/// sizes: they differ by some bytes between versions, targets and optimization levels.
///
/// [`size_of_val`] says the same of any value; this takes futures only, so that measuring the
/// `async fn` where its future was meant does not compile.
///
/// # Examples
///
/// ```
/// use async_patterns::size::future_size_of;
///
/// async fn step() {}
///
/// let lean = async { step().await };
/// let fat = async {
///     let buffer = [0_u8; 65_536];
///     step().await; // `buffer` is used below, so the future keeps it across this await.
///     std::hint::black_box(&buffer);
/// };
/// assert!(future_size_of(&lean) < 64);
/// assert!(future_size_of(&fat) >= 65_536);
/// ```
pub const fn future_size_of<F: Future>(_: &F) -> usize {
    size_of::<F>()
}

/// Asserts that a future has at most (`<=`) or less than (`<`) so many bytes, without polling it.
///
/// The future is given by value or as a local variable, which is not moved. An own message may
/// follow, as with `assert!`.
///
/// # Panics
///
/// When the future is larger. The message names the expression, its size and the limit.
///
/// # Examples
///
/// ```
/// use async_patterns::assert_future_size;
///
/// async fn handle(request: [u8; 512]) -> usize {
///     tokio::task::yield_now().await;
///     request.len()
/// }
///
/// assert_future_size!(handle([0; 512]), <= 2_048);
///
/// let future = handle([0; 512]);
/// assert_future_size!(future, < 2_048, "one of these is kept for each of 10 000 peers");
/// # drop(future);
/// ```
#[macro_export]
macro_rules! assert_future_size {
    ($future:expr, <= $limit:expr $(, $($message:tt)*)?) => {
        $crate::assert_future_size!(@check $future, <=, "at most", $limit $(, $($message)*)?)
    };
    ($future:expr, < $limit:expr $(, $($message:tt)*)?) => {
        $crate::assert_future_size!(@check $future, <, "less than", $limit $(, $($message)*)?)
    };
    (@check $future:expr, $compare:tt, $words:literal, $limit:expr $(,)?) => {
        $crate::assert_future_size!(@check $future, $compare, $words, $limit, "see `async_patterns::size`")
    };
    (@check $future:expr, $compare:tt, $words:literal, $limit:expr, $($message:tt)+) => {{
        let (size, limit): (usize, usize) = ($crate::size::future_size_of(&$future), $limit);
        ::core::assert!(
            size $compare limit,
            "future `{}` has {size} bytes, {} {limit} allowed: {}",
            ::core::stringify!($future),
            $words,
            ::core::format_args!($($message)+),
        );
    }};
}

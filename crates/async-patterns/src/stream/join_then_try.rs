//! [`join_then_try!`](crate::join_then_try).

/// Runs all futures to their end, then returns a tuple of their values, or the error of the first
/// one in the list that failed.
///
/// [`tokio::try_join!`] drops the others at the first error. Here an error cancels nobody: both of
/// two files are flushed as far as they can be. It is [`tokio::join!`] with the results sorted out,
/// and like that one runs the futures on one task, stores them inline, and turns by turn polls
/// another one first, unless it begins with `biased;`. For all errors, use [`tokio::join!`] itself.
///
/// # Errors
///
/// That of the first one in the list that failed, after all have ended. All futures have the same
/// error type.
///
/// # Cancel safety
///
/// Not cancel safe: dropped, it drops the futures, and the results of those that were done.
///
/// # Examples
///
/// ```
/// use async_patterns::join_then_try;
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (mut broken, other_end) = tokio::io::duplex(16);
/// drop(other_end);
/// let (mut sound, _reader) = tokio::io::duplex(16);
///
/// let result = join_then_try!(
///     broken.write_all(b"lost"),
///     async {
///         tokio::task::yield_now().await;
///         sound.write_all(b"kept").await
///     },
/// );
/// // The first has failed; the second was written to its end all the same.
/// assert_eq!(result.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
///
/// let both = join_then_try!(biased; async { Ok::<_, ()>(1) }, async { Ok("two") });
/// assert_eq!(both, Ok((1, "two")));
/// # }
/// ```
#[macro_export]
macro_rules! join_then_try {
    // Each pass takes one future off the list and names its result. The name is the same each
    // time, but macro hygiene makes it a new variable.
    (@name [$($mode:tt)*] [$($named:tt)*] $future:expr $(, $($rest:expr),*)?) => {
        $crate::join_then_try!(@name [$($mode)*] [$($named)* (result $future)] $($($rest),*)?)
    };
    (@name [$($mode:tt)*] [$(($result:ident $future:expr))+]) => {{
        let ($($result,)+) = $crate::__private::join!($($mode)* $($future),+);
        'sorted: {
            $crate::__private::Result::Ok(($(
                match $result {
                    $crate::__private::Result::Ok(value) => value,
                    $crate::__private::Result::Err(error) => {
                        break 'sorted $crate::__private::Result::Err(error);
                    }
                },
            )+))
        }
    }};
    (biased; $($future:expr),+ $(,)?) => {
        $crate::join_then_try!(@name [biased;] [] $($future),+)
    };
    ($($future:expr),+ $(,)?) => {
        $crate::join_then_try!(@name [] [] $($future),+)
    };
}

//! Shared by the integration tests.

/// Runs each async test on both runtime flavors: `name::current_thread`, `name::multi_thread`.
macro_rules! on_both_flavors {
    ($( $(#[$attribute:meta])* async fn $name:ident() $body:block )+) => {$(
        mod $name {
            use super::*;

            async fn body() $body

            $(#[$attribute])*
            #[tokio::test(flavor = "current_thread")]
            async fn current_thread() {
                body().await;
            }

            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn multi_thread() {
                body().await;
            }
        }
    )+};
}
pub(crate) use on_both_flavors;

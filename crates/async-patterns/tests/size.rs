//! Sizes of futures.

use async_patterns::assert_future_size;
use async_patterns::size::future_size_of;

#[expect(
    clippy::large_types_passed_by_value,
    reason = "to make the future large"
)]
async fn holds(bytes: [u8; 1_000]) -> usize {
    tokio::task::yield_now().await;
    std::hint::black_box(bytes).len()
}

#[test]
fn what_lives_across_an_await_is_counted() {
    let holding = holds([0; 1_000]);
    assert!(future_size_of(&holding) >= 1_000);
    assert_eq!(future_size_of(&holding), size_of_val(&holding));
    let outer = async { holding.await + 1 };
    assert!(
        future_size_of(&outer) >= 1_000,
        "a future holds those it awaits"
    );
    let boxed = Box::pin(outer);
    assert_eq!(future_size_of(&boxed), size_of::<usize>());
}

#[tokio::test]
async fn the_assertion_takes_values_and_variables_and_moves_neither() {
    assert_future_size!(holds([0; 1_000]), <= 4_000);
    assert_future_size!(async {}, <= 1);
    let future = holds([0; 1_000]);
    assert_future_size!(future, < 4_000,);
    assert_future_size!(future, <= future_size_of(&future), "with {} arguments", 1);
    assert_eq!(future.await, 1_000);
}

#[test]
#[should_panic(expected = "future `holds([0; 1_000])` has ")]
fn a_larger_future_fails_with_its_name() {
    assert_future_size!(holds([0; 1_000]), <= 999);
}

#[test]
#[should_panic(expected = "bytes, less than 1 allowed: kept for 10 peers")]
fn an_own_message_is_shown() {
    let future = std::future::ready(7_u8);
    assert_future_size!(future, < 1, "kept for {} peers", 10);
}

#[test]
fn the_bounds_are_exact() {
    let future = std::future::ready([0_u8; 8]);
    let size = future_size_of(&future);
    assert_future_size!(future, <= size);
    assert_future_size!(future, < size + 1);
    let at_the_limit =
        std::panic::catch_unwind(|| assert_future_size!(std::future::ready([0_u8; 8]), < size));
    at_the_limit.unwrap_err();
}

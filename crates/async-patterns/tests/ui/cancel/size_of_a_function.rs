//! Measuring an `async fn` instead of its future.

async fn step() {}

fn main() {
    async_patterns::assert_future_size!(step, <= 8);
}

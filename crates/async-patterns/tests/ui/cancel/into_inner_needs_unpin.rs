//! A pinned future that is not `Unpin` cannot be taken out.

use std::pin::pin;
use std::time::Duration;

use async_patterns::timeout::fused_timeout;

fn main() {
    let future = async { tokio::task::yield_now().await };
    let timeout = pin!(fused_timeout(Duration::from_secs(1), future));
    let _ = timeout.into_inner();
}

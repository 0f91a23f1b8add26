use std::io;
use std::time::Duration;

use async_patterns::task::{ShutdownReport, TaskScope};
use tokio::time::sleep;

async fn mail(receipt: u32) -> io::Result<()> {
    sleep(Duration::from_millis(10)).await;
    match receipt {
        2 => Err(io::Error::other("no such address")),
        3 => panic!("the template is broken"),
        _ => Ok(()),
    }
}

// ANCHOR: solution
/// Mails all receipts; the report has each by name, also those that fail or panic.
async fn check_out(receipts: u32) -> ShutdownReport {
    let scope = TaskScope::builder().name("receipts").build();
    for receipt in 1..=receipts {
        scope.spawn(format!("receipt {receipt}"), move |_stop| mail(receipt));
    }
    scope.join().await
}
// ANCHOR_END: solution

#[tokio::test(start_paused = true)]
async fn a_failure_and_a_panic_are_in_the_report() {
    let report = check_out(4).await;
    let totals = report.totals();
    assert_eq!((totals.finished, totals.failed, totals.panicked), (2, 1, 1));
    assert!(report.to_string().contains("receipt 3"));
}

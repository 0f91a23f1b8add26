//! Chapter "Graceful shutdown": a server from its signal to its report.

use std::time::Duration;

use async_patterns::task::{ScopeHandle, ShutdownReport, TaskScope};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Stands for a connection: how long its request takes.
pub type Connection = Duration;

// ANCHOR: accept
async fn accept(
    mut listener: mpsc::Receiver<Connection>,
    connections: ScopeHandle,
    stop: CancellationToken,
) {
    let mut number = 0;
    loop {
        let connection = tokio::select! {
            () = stop.cancelled() => return, // the listener closes here: nobody new comes in
            connection = listener.recv() => connection,
        };
        let Some(connection) = connection else { return };
        number += 1;
        let serve = move |stop| serve(connection, stop);
        // An error means that the scope is shutting down: the connection is dropped unserved.
        if connections
            .spawn(format!("connection {number}"), serve)
            .is_err()
        {
            return;
        }
    }
}
// ANCHOR_END: accept

// ANCHOR: serve
/// Finishes the request it has begun, and then looks whether it should take another one.
async fn serve(connection: Connection, _stop: CancellationToken) {
    sleep(connection).await;
}
// ANCHOR_END: serve

// ANCHOR: run
/// Runs until `signal`, then gives what is under way `drain` to finish.
pub async fn run(
    listener: mpsc::Receiver<Connection>,
    signal: impl Future<Output = ()>,
    drain: Duration,
) -> ShutdownReport {
    let scope = TaskScope::builder().name("server").build();
    let connections = scope.handle();
    scope.spawn("accept", |stop| accept(listener, connections, stop));
    signal.await;
    scope.shutdown(drain).await
}
// ANCHOR_END: run

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_quick_is_drained_and_the_stuck_is_named() {
        let (incoming, listener) = mpsc::channel(8);
        for seconds in [1, 3, 3600] {
            incoming.try_send(Duration::from_secs(seconds)).unwrap();
        }
        let signal = sleep(Duration::from_secs(2));
        let report = run(listener, signal, Duration::from_secs(5)).await;
        let expected = include_str!("shutdown.report.txt");
        assert_eq!(format!("{report}\n"), expected);
    }
}

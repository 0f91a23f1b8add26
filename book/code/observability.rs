//! Chapter "Observability": spans follow futures.

use tracing::{Instrument as _, Span};

// ANCHOR: spans
#[tracing::instrument(skip(body))]
pub async fn handle(id: u64, body: Vec<u8>) {
    tracing::info!(length = body.len(), "received");
    // A task does not inherit the span of who spawns it.
    let stored = tokio::spawn(store(body).instrument(Span::current()));
    if let Err(error) = stored.await {
        tracing::error!(%error, "not stored");
    }
}

async fn store(_body: Vec<u8>) {
    tokio::task::yield_now().await; // the disk
    tracing::info!("stored");
}
// ANCHOR_END: spans

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn each_line_says_whose_it_is() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .with_target(false)
            .with_writer(move || writer.clone())
            .finish();
        let _here = tracing::subscriber::set_default(subscriber);
        handle(7, vec![1, 2, 3]).await;
        let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let printed = include_str!("observability.output.txt");
        assert_eq!(lines.trim_start(), printed.trim_start());
    }
}

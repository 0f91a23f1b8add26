// Another member of the workspace: what is found out about it is written beside its metadata.
use tokio::{
    io::{self, AsyncReadExt as _, DuplexStream},
    sync::mpsc,
};

pub async fn read_message(stream: &mut DuplexStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u8().await?;
    let mut body = vec![0; usize::from(length)];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

/// Loses nothing: the buffer is the caller's.
pub async fn read_some(stream: &mut DuplexStream, buffer: &mut [u8]) -> io::Result<usize> {
    stream.read(buffer).await
}

pub struct Inbox {
    pub jobs: mpsc::Receiver<String>,
}

impl Inbox {
    /// Loses nothing, and gives out what it took.
    pub async fn next(&mut self) -> Option<String> {
        self.jobs.recv().await
    }

    pub async fn next_slowly(&mut self) -> Option<String> {
        let job = self.jobs.recv().await?;
        tokio::task::yield_now().await;
        Some(job)
    }
}

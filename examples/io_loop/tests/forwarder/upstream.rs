//! Upstreams without sockets, so that time can be virtual: what a target does depends on its port.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use io_loop::connector::{Connector, Datagrams, Target, Upstream};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};
use tokio::sync::mpsc;

/// Sends back what it receives, and ends when the application does.
pub const ECHO: u16 = 7;
/// Reads to the end, then sends the number of bytes it has read, and ends.
pub const COUNT: u16 = 10;
/// Sends `PUSHED` bytes at once and ends its side, then reads to the end.
pub const PUSH: u16 = 11;
/// The number of bytes that `PUSH` sends.
pub const PUSHED: usize = 300_000;
/// Refuses.
pub const REFUSE: u16 = 12;
/// Never answers.
pub const SILENT: u16 = 13;
/// The session panics once it is connected and has been written to.
pub const PANIC: u16 = 14;
/// Breaks off after the first byte.
pub const BREAK: u16 = 15;
/// Reads nothing.
pub const STUCK: u16 = 16;
/// Writes one byte each time it is told to by [`World::tick`](crate::world::World).
pub const TICK: u16 = 17;
/// Reads slowly: a little every 100 ms.
pub const SLOW: u16 = 18;

/// Connects to the above.
#[derive(Clone, Debug)]
pub struct Local {
    pub resets: Arc<AtomicUsize>,
    pub connected: Arc<AtomicUsize>,
    pub ticks: Arc<tokio::sync::Notify>,
}

impl Local {
    pub fn new() -> Self {
        Self {
            resets: Arc::default(),
            connected: Arc::default(),
            ticks: Arc::default(),
        }
    }
}

pub struct LocalStream {
    pipe: DuplexStream,
    panics: bool,
    resets: Arc<AtomicUsize>,
}

impl Connector for Local {
    type Stream = LocalStream;
    type Datagrams = EchoDatagrams;

    async fn connect(&self, target: &Target) -> io::Result<LocalStream> {
        let port = match target {
            Target::Address(address) => address.port(),
            Target::Name { port, .. } => *port,
        };
        match port {
            REFUSE => return Err(io::ErrorKind::ConnectionRefused.into()),
            SILENT => std::future::pending::<()>().await,
            _ => {}
        }
        self.connected.fetch_add(1, Ordering::SeqCst);
        let (ours, theirs) = duplex(16 * 1024);
        tokio::spawn(serve(port, theirs, self.ticks.clone()));
        Ok(LocalStream {
            pipe: ours,
            panics: port == PANIC,
            resets: self.resets.clone(),
        })
    }

    async fn associate(&self) -> io::Result<EchoDatagrams> {
        let (to, from) = mpsc::channel(64);
        Ok(EchoDatagrams { to, from })
    }
}

async fn serve(port: u16, pipe: DuplexStream, ticks: Arc<tokio::sync::Notify>) -> io::Result<()> {
    let (mut read, mut write) = tokio::io::split(pipe);
    match port {
        ECHO => {
            tokio::io::copy(&mut read, &mut write).await?;
            write.shutdown().await
        }
        COUNT => {
            let count = tokio::io::copy(&mut read, &mut tokio::io::sink()).await?;
            write.write_u64(count).await?;
            write.shutdown().await
        }
        PUSH => {
            let bytes: Vec<u8> = io_loop::servers::pattern().take(PUSHED).collect();
            write.write_all(&bytes).await?;
            write.shutdown().await?;
            tokio::io::copy(&mut read, &mut tokio::io::sink())
                .await
                .map(|_| ())
        }
        BREAK => {
            read.read_u8().await?;
            Ok(())
        }
        TICK => loop {
            ticks.notified().await;
            write.write_u8(1).await?;
        },
        SLOW => {
            let mut buffer = [0; 4096];
            let mut count = 0;
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let len = read.read(&mut buffer).await?;
                count += len as u64;
                if len == 0 {
                    write.write_u64(count).await?;
                    return write.shutdown().await;
                }
            }
        }
        // Holds the pipe, which fills.
        _ => std::future::pending().await,
    }
}

impl Upstream for LocalStream {
    fn reset_on_drop(&mut self) {
        self.resets.fetch_add(1, Ordering::SeqCst);
    }
}

impl AsyncRead for LocalStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl AsyncWrite for LocalStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        assert!(!self.panics, "a session that panics, as the test wants it");
        let written = Pin::new(&mut self.pipe).poll_write(cx, bytes);
        written.map_err(|_| io::ErrorKind::ConnectionReset.into())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// Each datagram comes back from where it was sent to.
pub struct EchoDatagrams {
    to: mpsc::Sender<(Vec<u8>, SocketAddr)>,
    from: mpsc::Receiver<(Vec<u8>, SocketAddr)>,
}

impl Datagrams for EchoDatagrams {
    async fn send(&mut self, payload: &[u8], target: &Target) -> io::Result<()> {
        let address = match target {
            Target::Address(address) => *address,
            Target::Name { addresses, .. } => addresses[0],
        };
        let _ = self.to.send((payload.to_vec(), address)).await;
        Ok(())
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let Some((payload, address)) = self.from.recv().await else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let len = payload.len().min(buffer.len());
        buffer[..len].copy_from_slice(&payload[..len]);
        Ok((len, address))
    }
}

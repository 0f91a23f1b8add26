//! Published userspace stacks over the same device, with the same applications.
//!
//! They are driven as their own examples do: a task for what they want one for, and a task for each
//! stream that moves bytes with buffers of the same size as our sessions'.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{SinkExt, StreamExt};
use io_loop::Config;
use io_loop::apps::Apps;
use io_loop::buffer::Pool;
use io_loop::device::{Device, MemoryDevice, MemorySink, MemorySource, PacketSink, PacketSource};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::bulk::{BothWays, download, upload};
use crate::harness::{MTU, QUEUE, SINK};

/// As our sessions carry at a time.
const CARRY: usize = 16 * 1024;

pub async fn ipstack() -> BothWays {
    let (apps, device) = MemoryDevice::pair(MTU, QUEUE);
    let apps = Apps::start(apps, &Config::default());
    let mut config = ipstack::IpStackConfig::default();
    config
        .mtu(u16::try_from(MTU).expect("an MTU"))
        .expect("a good MTU");
    let mut stack = ipstack::IpStack::new(config, ByteDevice::new(device));
    let accepting = tokio::spawn(async move {
        while let Ok(accepted) = stack.accept().await {
            if let ipstack::IpStackStream::Tcp(stream) = accepted {
                let port = stream.peer_addr().port();
                tokio::spawn(serve(stream, port));
            }
        }
    });
    let measured = BothWays {
        up: upload(&apps).await,
        down: download(&apps).await,
    };
    accepting.abort();
    measured
}

pub async fn netstack() -> BothWays {
    let (apps, device) = MemoryDevice::pair(MTU, QUEUE);
    let apps = Apps::start(apps, &Config::default());
    let (stack, runner, _, listener) = netstack_smoltcp::StackBuilder::default()
        .enable_tcp(true)
        .mtu(MTU)
        .stack_buffer_size(QUEUE)
        .tcp_buffer_size(QUEUE)
        .build()
        .expect("a stack");
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let _ = runner.expect("TCP is enabled").await;
    });
    let (mut to_stack, mut from_stack) = stack.split();
    let (mut source, mut sink) = device.split();
    let pool = Pool::new(MTU, QUEUE);
    tasks.spawn(async move {
        loop {
            std::future::poll_fn(|cx| source.poll_readable(cx)).await;
            while let Ok(Some(packet)) = source.try_recv(&pool) {
                if to_stack.send(packet.to_vec()).await.is_err() {
                    return;
                }
            }
        }
    });
    let pool = Pool::new(MTU, QUEUE);
    tasks.spawn(async move {
        while let Some(Ok(bytes)) = from_stack.next().await {
            let Some(mut packet) = pool.copy(&bytes) else {
                continue;
            };
            while let Ok(Err(back)) = sink.try_send(packet) {
                packet = back;
                std::future::poll_fn(|cx| sink.poll_writable(cx)).await;
            }
        }
    });
    tasks.spawn(async move {
        let mut listener = listener.expect("TCP is enabled");
        while let Some((stream, _, to)) = listener.next().await {
            tokio::spawn(serve(stream, to.port()));
        }
    });
    let measured = BothWays {
        up: upload(&apps).await,
        down: download(&apps).await,
    };
    tasks.abort_all();
    measured
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, port: u16) {
    let mut buffer = vec![0; CARRY];
    if port == SINK {
        while let Ok(1..) = stream.read(&mut buffer).await {}
    } else {
        // The application's request first: `ipstack` hands a stream out before its handshake is
        // complete, and what is written to it then never arrives.
        let _ = stream.read_u8().await;
        while stream.write_all(&buffer).await.is_ok() {}
    }
}

/// A device as bytes, a packet a read and a packet a write: what other stacks want.
pub struct ByteDevice {
    source: MemorySource,
    sink: MemorySink,
    pool: Pool,
}

impl ByteDevice {
    pub fn new(device: MemoryDevice) -> Self {
        let (source, sink) = device.split();
        Self {
            source,
            sink,
            pool: Pool::new(MTU, QUEUE),
        }
    }
}

impl AsyncRead for ByteDevice {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match this.source.try_recv(&this.pool) {
                Ok(Some(packet)) => {
                    buffer.put_slice(&packet);
                    return Poll::Ready(Ok(()));
                }
                Ok(None) => std::task::ready!(this.source.poll_readable(cx)),
                // The applications are gone, and nothing comes any more.
                Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl AsyncWrite for ByteDevice {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        loop {
            let Some(packet) = this.pool.copy(bytes) else {
                return Poll::Ready(Err(io::ErrorKind::InvalidInput.into()));
            };
            match this.sink.try_send(packet) {
                Ok(Ok(())) => return Poll::Ready(Ok(bytes.len())),
                Ok(Err(_)) => std::task::ready!(this.sink.poll_writable(cx)),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

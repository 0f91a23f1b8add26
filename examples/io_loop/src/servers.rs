//! Servers, for memory mode and tests: echo over TCP and UDP, and a small HTTP.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use async_patterns::task::TaskScope;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// A longer request is not one.
const REQUEST: usize = 8 * 1024;

/// Where the servers are.
#[derive(Clone, Copy, Debug)]
pub struct Servers {
    /// Sends back what it receives, until the end.
    pub echo: SocketAddr,
    /// Answers `GET /bytes/<n>` with so many bytes, and everything else with a greeting.
    pub http: SocketAddr,
    /// Sends back each datagram.
    pub udp_echo: SocketAddr,
}

impl Servers {
    /// A download repeats the first so many bytes of [`pattern`].
    pub const BLOCK: usize = 64 * 1024;

    /// Starts the servers on loopback. They end with `scope`.
    ///
    /// # Errors
    ///
    /// The system's, when it has no port to listen on.
    pub async fn start(scope: &TaskScope) -> io::Result<Self> {
        Self::start_on(Ipv4Addr::LOCALHOST, scope).await
    }

    /// Starts the servers on an address of this machine. They end with `scope`.
    ///
    /// # Errors
    ///
    /// The system's, when it has no such address, or no port to listen on.
    pub async fn start_on(address: Ipv4Addr, scope: &TaskScope) -> io::Result<Self> {
        let echo = TcpListener::bind((address, 0)).await?;
        let http = TcpListener::bind((address, 0)).await?;
        let udp_echo = UdpSocket::bind((address, 0)).await?;
        let servers = Self {
            echo: echo.local_addr()?,
            http: http.local_addr()?,
            udp_echo: udp_echo.local_addr()?,
        };
        let handle = scope.handle();
        scope.spawn_until_cancelled("echo server", async move {
            loop {
                let (stream, _) = echo.accept().await?;
                // An error says that the scope is being shut down.
                let _ = handle.spawn_until_cancelled("echo", async {
                    // A client that breaks off is its own affair.
                    let _ = self::echo(stream).await;
                });
            }
            #[expect(unreachable_code, reason = "gives the block its type")]
            io::Result::Ok(())
        });
        let handle = scope.handle();
        scope.spawn_until_cancelled("HTTP server", async move {
            loop {
                let (stream, _) = http.accept().await?;
                let _ = handle.spawn_until_cancelled("HTTP", async {
                    let _ = answer(stream).await;
                });
            }
            #[expect(unreachable_code, reason = "gives the block its type")]
            io::Result::Ok(())
        });
        scope.spawn_until_cancelled("UDP echo server", async move {
            let mut buffer = vec![0; usize::from(u16::MAX)];
            loop {
                let (len, from) = udp_echo.recv_from(&mut buffer).await?;
                let _ = udp_echo.send_to(&buffer[..len], from).await;
            }
            #[expect(unreachable_code, reason = "gives the block its type")]
            io::Result::Ok(())
        });
        Ok(servers)
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let len = stream.read(&mut buffer).await?;
        if len == 0 {
            return stream.shutdown().await;
        }
        stream.write_all(&buffer[..len]).await?;
    }
}

/// One request a connection.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if request.len() > REQUEST || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let path = String::from_utf8_lossy(&request);
    let path = path.split_ascii_whitespace().nth(1).unwrap_or("/");
    let wanted = path
        .strip_prefix("/bytes/")
        .and_then(|count| count.parse::<usize>().ok());
    let mut out = BufWriter::with_capacity(64 * 1024, stream);
    let greeting = "hello from the other side of the loop\n";
    let len = wanted.unwrap_or(greeting.len());
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n");
    out.write_all(head.as_bytes()).await?;
    match wanted {
        None => out.write_all(greeting.as_bytes()).await?,
        Some(count) => {
            let block: Vec<u8> = pattern().take(Servers::BLOCK).collect();
            let mut left = count;
            while left > 0 {
                let some = left.min(block.len());
                out.write_all(&block[..some]).await?;
                left -= some;
            }
        }
    }
    out.shutdown().await
}

/// Bytes that show when some are lost, doubled or exchanged.
pub fn pattern() -> impl Iterator<Item = u8> + Clone {
    (0u32..).map(|n| (n ^ (n >> 8).wrapping_mul(31) ^ (n >> 16).wrapping_mul(17)).to_le_bytes()[0])
}

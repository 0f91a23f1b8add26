//! Applications that do something: what memory mode shows.
//!
//! Every name is resolved by the loop's own DNS, and every byte that comes back is compared.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::apps::Apps;
use crate::dns::StaticNames;
use crate::metrics::Counter;
use crate::servers::{Servers, pattern};

/// The name under which the applications look for the servers.
const NAME: &str = "servers.test";
/// Bytes of a small exchange.
const SMALL: usize = 64;
/// Bytes of a download.
const LARGE: usize = 1_000_000;
/// A round trip longer than this is counted as this.
const SLOWEST: Duration = Duration::from_mins(1);

/// What the applications have seen.
#[derive(Debug)]
pub struct Seen {
    round_trips: Mutex<Histogram<u64>>,
    /// Downloads that were complete and right.
    pub downloads: Counter,
    /// Datagrams that came back.
    pub datagrams: Counter,
    /// Exchanges that failed before the end.
    pub failed: Counter,
}

/// How long the round trips were.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundTrips {
    /// How many there were.
    pub count: u64,
    /// Half of them were no longer.
    pub p50: Duration,
    /// 99 of 100 were no longer.
    pub p99: Duration,
}

impl Default for Seen {
    fn default() -> Self {
        let slowest = u64::try_from(SLOWEST.as_nanos()).unwrap_or(u64::MAX);
        Self {
            // The bounds are constants that make sense.
            round_trips: Mutex::new(
                Histogram::new_with_max(slowest, 3).expect("bounds of a histogram"),
            ),
            downloads: Counter::default(),
            datagrams: Counter::default(),
            failed: Counter::default(),
        }
    }
}

impl Seen {
    fn note(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let mut round_trips = self
            .round_trips
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        round_trips.saturating_record(nanos);
    }

    /// The round trips so far.
    pub fn round_trips(&self) -> RoundTrips {
        let histogram = self
            .round_trips
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let at = |quantile| Duration::from_nanos(histogram.value_at_quantile(quantile));
        RoundTrips {
            count: histogram.len(),
            p50: at(0.5),
            p99: at(0.99),
        }
    }
}

impl fmt::Display for RoundTrips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "p50 {:.1?}, p99 {:.1?} ({} round trips)",
            self.p50, self.p99, self.count
        )
    }
}

/// What the applications do.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Flows that exchange 64 bytes now and then.
    pub talkers: usize,
    /// Flows that load a megabyte over HTTP, one after the other.
    pub downloaders: usize,
    /// Between two exchanges of a talker.
    pub pause: Duration,
}

impl Default for Workload {
    fn default() -> Self {
        Self {
            talkers: 32,
            downloaders: 2,
            pause: Duration::from_millis(50),
        }
    }
}

/// The names that the applications use, for the loop's resolver.
pub fn names(servers: &Servers) -> StaticNames {
    let mut names: HashMap<String, Vec<IpAddr>> = HashMap::new();
    names.insert(NAME.into(), vec![servers.echo.ip()]);
    StaticNames(names)
}

impl Workload {
    /// Runs until `token` is cancelled.
    pub async fn run(
        self,
        apps: &Apps,
        dns: SocketAddr,
        servers: Servers,
        seen: &Seen,
        token: &CancellationToken,
    ) {
        let at = |port: SocketAddr| Destination {
            apps,
            dns,
            port: port.port(),
        };
        let talkers = (0..self.talkers)
            .map(|_| seen.retry(token, move || talk(at(servers.echo), self.pause, seen)));
        let downloaders = (0..self.downloaders)
            .map(|_| seen.retry(token, move || download(at(servers.http), seen)));
        let datagrams = seen.retry(token, || send_datagrams(at(servers.udp_echo), self, seen));
        let all = futures::future::join3(
            futures::future::join_all(talkers),
            futures::future::join_all(downloaders),
            datagrams,
        );
        token.run_until_cancelled(all).await;
    }
}

impl Seen {
    /// Begins anew when it fails, with a pause so that what always fails does not spin.
    async fn retry<F>(&self, token: &CancellationToken, mut work: impl FnMut() -> F)
    where
        F: Future<Output = io::Result<()>>,
    {
        while !token.is_cancelled() {
            if work().await.is_err() {
                self.failed.add(1);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Destination<'a> {
    apps: &'a Apps,
    dns: SocketAddr,
    port: u16,
}

impl Destination<'_> {
    async fn resolve(self) -> io::Result<SocketAddr> {
        let address = self.apps.resolve(self.dns, NAME).await?;
        Ok(SocketAddr::from((address, self.port)))
    }
}

async fn talk(to: Destination<'_>, pause: Duration, seen: &Seen) -> io::Result<()> {
    let mut stream = to.apps.connect(to.resolve().await?).await?;
    let mut beat = interval(pause);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let message: Vec<u8> = pattern().take(SMALL).collect();
    let mut back = [0; SMALL];
    loop {
        beat.tick().await;
        let began = Instant::now();
        stream.write_all(&message).await?;
        stream.read_exact(&mut back).await?;
        seen.note(began.elapsed());
        same(&back, &message)?;
    }
}

async fn download(to: Destination<'_>, seen: &Seen) -> io::Result<()> {
    let mut stream = to.apps.connect(to.resolve().await?).await?;
    let request = format!("GET /bytes/{LARGE} HTTP/1.1\r\nHost: {NAME}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.shutdown().await?;
    let mut answer = Vec::with_capacity(LARGE + 1024);
    stream.read_to_end(&mut answer).await?;
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n");
    let body = head.map_or(&[][..], |at| &answer[at + 4..]);
    if body.len() != LARGE {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    for block in body.chunks(Servers::BLOCK) {
        let expected: Vec<u8> = pattern().take(block.len()).collect();
        same(block, &expected)?;
    }
    seen.downloads.add(1);
    Ok(())
}

async fn send_datagrams(to: Destination<'_>, workload: Workload, seen: &Seen) -> io::Result<()> {
    let address = to.resolve().await?;
    let mut socket = to.apps.bind().await?;
    let mut beat = interval(workload.pause);
    loop {
        beat.tick().await;
        socket.send_to(b"a datagram", address).await?;
        let (from, payload) = socket.recv_from().await?;
        same(&payload, b"a datagram")?;
        if from != address {
            return Err(io::ErrorKind::InvalidData.into());
        }
        seen.datagrams.add(1);
    }
}

fn same(received: &[u8], expected: &[u8]) -> io::Result<()> {
    if received == expected {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "what came back is not what was sent",
        ))
    }
}

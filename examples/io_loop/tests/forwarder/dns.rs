//! DNS interception, in the whole loop.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use io_loop::apps::Apps;
use io_loop::config::{Config, DnsConfig};
use io_loop::device::MemoryDevice;
use io_loop::dns::Resolve;
use io_loop::{IoLoop, Summary};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::upstream::{ECHO, Local};
use crate::world::{echo, target, within};

/// Knows names that begin with an `e`, answers none that begins with an `s`, and dies of a `p`.
#[derive(Clone, Default)]
struct Fickle(Arc<AtomicUsize>);

impl Resolve for Fickle {
    async fn resolve(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        match &name[..1] {
            "e" => Ok(vec![target(0).ip()]),
            "s" => std::future::pending().await,
            "p" => panic!("a resolver that panics, as the test wants it"),
            _ => Ok(Vec::new()),
        }
    }
}

struct Dns {
    apps: Apps,
    server: SocketAddr,
    asked: Arc<AtomicUsize>,
    token: CancellationToken,
    task: JoinHandle<Summary>,
}

impl Dns {
    fn start(config: DnsConfig) -> Self {
        let (apps, device) = MemoryDevice::pair(1500, 64);
        let apps = Apps::start(apps, &Config::default());
        let token = CancellationToken::new();
        let resolver = Fickle::default();
        let asked = resolver.0.clone();
        let server = config.server;
        let config = Config {
            dns: Some(config),
            ..Config::default()
        };
        let io = IoLoop::with_resolver(device, Local::new(), resolver, config, token.clone());
        Self {
            apps,
            server,
            asked,
            token,
            task: tokio::spawn(io.run()),
        }
    }

    async fn resolve(&self, name: &str) -> std::io::Result<std::net::Ipv4Addr> {
        within(self.apps.resolve(self.server, name)).await
    }

    async fn end(self) -> Summary {
        self.token.cancel();
        within(self.task).await.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_stands_for_an_address_until_its_time_is_over() {
    let dns = Dns::start(DnsConfig::default());
    let address = dns.resolve("Echo.test").await.unwrap();
    assert_eq!(dns.resolve("echo.TEST").await.unwrap(), address);
    assert_eq!(dns.asked.load(Ordering::SeqCst), 1);
    let stream = within(dns.apps.connect((address, ECHO).into())).await;
    echo(stream.unwrap(), 1000).await;
    sleep(DnsConfig::default().ttl).await;
    assert_eq!(dns.resolve("echo.test").await.unwrap(), address);
    assert_eq!(dns.asked.load(Ordering::SeqCst), 2);
    let metrics = dns.end().await.metrics;
    assert_eq!((metrics.dns_questions, metrics.dns_cached), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn no_such_name_and_no_answer_are_told_apart() {
    let dns = Dns::start(DnsConfig::default());
    let error = dns.resolve("nobody.test").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let began = Instant::now();
    let error = dns.resolve("slow.test").await.unwrap_err().to_string();
    assert!(error.contains("ServerFailure"), "{error}");
    assert_eq!(
        began.elapsed().as_secs(),
        DnsConfig::default().limit.as_secs()
    );
    assert_eq!(dns.end().await.metrics.dns_failed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_question_does_not_hold_up_others() {
    let dns = Dns::start(DnsConfig::default());
    let began = Instant::now();
    let slow = async {
        dns.resolve("slow.test").await.unwrap_err();
    };
    let quick = async {
        dns.resolve("echo.test").await.unwrap();
        began.elapsed()
    };
    let ((), quick) = tokio::join!(slow, quick);
    assert_eq!(quick, Duration::ZERO);
    let _ = dns.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_is_gone_is_a_failure_at_once() {
    let dns = Dns::start(DnsConfig::default());
    // Two that wait when it dies, one that kills it, and one that comes after.
    let failed = |name| {
        let dns = &dns;
        async move { dns.resolve(name).await.unwrap_err().to_string() }
    };
    let began = Instant::now();
    let (a, b, c) = tokio::join!(
        failed("slow.test"),
        failed("slow2.test"),
        failed("panic.test")
    );
    for error in [a, b, c, failed("echo.test").await] {
        assert!(error.contains("ServerFailure"), "{error}");
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    let summary = dns.end().await;
    assert_eq!(summary.metrics.dns_failed, 4);
    assert_eq!(summary.sessions.totals().panicked, 1);
}

#[tokio::test(start_paused = true)]
async fn too_many_questions_at_a_time_fail() {
    let config = DnsConfig {
        queue: 2,
        ..DnsConfig::default()
    };
    let dns = Dns::start(config);
    let (a, b, c) = tokio::join!(
        dns.resolve("slow1.test"),
        dns.resolve("slow2.test"),
        async {
            sleep(Duration::from_secs(1)).await;
            let began = Instant::now();
            dns.resolve("echo.test").await.unwrap_err();
            began.elapsed()
        }
    );
    assert!(a.is_err() && b.is_err());
    assert_eq!(c, Duration::ZERO);
    let _ = dns.end().await;
}

//! The SOCKS5 connector against a small proxy, and the whole loop through it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use async_patterns::task::TaskScope;
use io_loop::apps::Apps;
use io_loop::config::{Config, DnsConfig};
use io_loop::connector::{Connector, Credentials, Datagrams, Socks5, Target};
use io_loop::device::MemoryDevice;
use io_loop::servers::Servers;
use io_loop::{BridgeKind, IoLoop};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio_util::sync::CancellationToken;

/// The name that the proxy knows.
const NAME: &str = "echo.test";

/// What the proxy is like.
#[derive(Clone, Copy)]
struct Proxy {
    password: bool,
    echo: SocketAddr,
    udp_echo: SocketAddr,
}

impl Proxy {
    async fn start(self, scope: &TaskScope) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let handle = scope.handle();
        scope.spawn_until_cancelled("proxy", async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = handle.spawn_until_cancelled("proxied", async move {
                    let _ = self.serve(stream).await;
                });
            }
        });
        address
    }

    async fn serve(self, mut client: TcpStream) -> io::Result<()> {
        let mut methods = vec![0; usize::from(read_head(&mut client).await?)];
        client.read_exact(&mut methods).await?;
        let method = if self.password { 2 } else { 0 };
        if !methods.contains(&method) {
            return client.write_all(&[5, 0xff]).await;
        }
        client.write_all(&[5, method]).await?;
        if self.password {
            let mut user = vec![0; usize::from(read_head(&mut client).await?)];
            client.read_exact(&mut user).await?;
            let mut password = vec![0; usize::from(client.read_u8().await?)];
            client.read_exact(&mut password).await?;
            let good = user == b"me" && password == b"secret";
            client.write_all(&[1, u8::from(!good)]).await?;
        }
        let mut head = [0; 4];
        client.read_exact(&mut head).await?;
        let name = match head[3] {
            1 => {
                client.read_exact(&mut [0; 4]).await?;
                false
            }
            3 => {
                let mut name = vec![0; usize::from(client.read_u8().await?)];
                client.read_exact(&mut name).await?;
                assert_eq!(name, NAME.as_bytes());
                true
            }
            other => panic!("address of kind {other}"),
        };
        let port = client.read_u16().await?;
        match head[1] {
            1 if name || port == self.echo.port() => {
                client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
                let mut server = TcpStream::connect(self.echo).await?;
                tokio::io::copy_bidirectional(&mut client, &mut server).await?;
                Ok(())
            }
            1 => client.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await,
            3 => self.relay(client).await,
            other => panic!("command {other}"),
        }
    }

    /// Passes datagrams to the echo server, whatever their target, and back.
    async fn relay(self, mut client: TcpStream) -> io::Result<()> {
        let outside = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let inside = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let [high, low] = inside.local_addr()?.port().to_be_bytes();
        client
            .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, high, low])
            .await?;
        let (mut from_client, mut from_server) = ([0; 2048], [0; 2048]);
        let mut ended = [0];
        let mut home = None;
        loop {
            tokio::select! {
                _ = client.read(&mut ended) => return Ok(()),
                received = inside.recv_from(&mut from_client) => {
                    let (len, from) = received?;
                    home = Some(from);
                    let (_, head) = io_loop::connector::wire::parse_datagram(&from_client[..len]).unwrap();
                    if &from_client[head..len] == b"bye" {
                        return Ok(());
                    }
                    outside.send_to(&from_client[head..len], self.udp_echo).await?;
                }
                received = outside.recv_from(&mut from_server) => {
                    let (len, from) = received?;
                    let mut datagram =
                        io_loop::connector::wire::datagram_head(&Target::Address(from)).unwrap();
                    datagram.extend(&from_server[..len]);
                    inside.send_to(&datagram, home.unwrap()).await?;
                }
            }
        }
    }
}

/// The version, and a length.
async fn read_head(client: &mut TcpStream) -> io::Result<u8> {
    client.read_u8().await?;
    client.read_u8().await
}

async fn set_up(password: bool) -> (TaskScope, SocketAddr, Servers) {
    let scope = TaskScope::new();
    let servers = Servers::start(&scope).await.unwrap();
    let proxy = Proxy {
        password,
        echo: servers.echo,
        udp_echo: servers.udp_echo,
    };
    let address = proxy.start(&scope).await;
    (scope, address, servers)
}

fn credentials(password: &str) -> Credentials {
    Credentials::new("me", password).unwrap()
}

async fn limited<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("it hangs")
}

async fn echoes(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) {
    stream.write_all(b"hello").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut back = Vec::new();
    limited(stream.read_to_end(&mut back)).await.unwrap();
    assert_eq!(back, b"hello");
}

#[tokio::test]
async fn with_and_without_a_password() {
    for (wants, has) in [
        (false, None),
        (false, Some(credentials("secret"))),
        (true, Some(credentials("secret"))),
    ] {
        let (scope, proxy, servers) = set_up(wants).await;
        let socks = Socks5::new(proxy, has);
        let by_address = Target::Address(servers.echo);
        echoes(limited(socks.connect(&by_address)).await.unwrap()).await;
        let by_name = Target::Name {
            name: NAME.into(),
            addresses: Vec::new(),
            port: 7,
        };
        echoes(limited(socks.connect(&by_name)).await.unwrap()).await;
        let _ = scope.shutdown(Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn refusals_say_why_and_by_whom() {
    let (scope, proxy, _) = set_up(true).await;
    let target = Target::Address(SocketAddr::from((Ipv4Addr::LOCALHOST, 9)));
    for (credentials, expected) in [
        (None, "none of our ways"),
        (Some(credentials("wrong")), "does not accept the user"),
        (Some(credentials("secret")), "connection refused"),
    ] {
        let socks = Socks5::new(proxy, credentials);
        let error = limited(socks.connect(&target))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains(&proxy.to_string()), "{error}");
    }
    let _ = scope.shutdown(Duration::from_secs(5)).await;
    assert!(
        Credentials::new("", "x")
            .unwrap_err()
            .contains("user has 0")
    );
    assert!(!format!("{:?}", credentials("secret")).contains("secret"));
}

#[tokio::test]
async fn an_association_carries_datagrams_until_the_proxy_ends_it() {
    let (scope, proxy, servers) = set_up(false).await;
    let mut datagrams = limited(Socks5::new(proxy, None).associate()).await.unwrap();
    let target = Target::Address(servers.udp_echo);
    let mut buffer = [0; 64];
    for payload in [&b"one"[..], b"two"] {
        datagrams.send(payload, &target).await.unwrap();
        let (len, from) = limited(datagrams.recv(&mut buffer)).await.unwrap();
        assert_eq!((&buffer[..len], from), (payload, servers.udp_echo));
    }
    datagrams.send(b"bye", &target).await.unwrap();
    let error = limited(datagrams.recv(&mut buffer)).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    let _ = scope.shutdown(Duration::from_secs(5)).await;
}

/// Applications, DNS interception, the loop, the proxy and the servers: all in one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_goes_through_the_loop_to_the_proxy() {
    for bridge in [BridgeKind::Ready, BridgeKind::Noop] {
        let (scope, proxy, servers) = set_up(true).await;
        let dns = DnsConfig::default();
        let config = Config {
            bridge,
            dns: Some(dns),
            ..Config::default()
        };
        let (apps, device) = MemoryDevice::pair(1500, 64);
        let apps = Apps::start(apps, &Config::default());
        let token = CancellationToken::new();
        let names = io_loop::dns::StaticNames(
            [(NAME.to_string(), vec![Ipv4Addr::new(192, 0, 2, 9).into()])]
                .into_iter()
                .collect(),
        );
        let socks = Socks5::new(proxy, Some(credentials("secret")));
        let io = IoLoop::with_resolver(device, socks, names, config, token.clone());
        let task = tokio::spawn(io.run());

        let address = limited(apps.resolve(dns.server, NAME)).await.unwrap();
        assert_ne!(address, Ipv4Addr::new(192, 0, 2, 9));
        let to = SocketAddr::from((address, servers.echo.port()));
        echoes(limited(apps.connect(to)).await.unwrap()).await;

        let mut socket = apps.bind().await.unwrap();
        let to = SocketAddr::from((address, servers.udp_echo.port()));
        socket.send_to(b"datagram", to).await.unwrap();
        let (from, payload) = limited(socket.recv_from()).await.unwrap();
        // From where the application sent it, not from where the name leads.
        assert_eq!((from, &payload[..]), (to, &b"datagram"[..]));

        token.cancel();
        let summary = limited(task).await.unwrap();
        assert!(summary.sessions.is_clean(), "{summary}");
        let _ = scope.shutdown(Duration::from_secs(5)).await;
    }
}

//! A real TUN interface, real clients and a real network: three namespaces that the test makes.
//!
//! ```text
//! client                         loop                          server
//! curl, sockets -- TUN interface == io_loop -- veth ---- veth -- HTTP, echo
//! 10.88.0.1                        10.99.0.1      10.99.0.2
//! ```
//!
//! The interface is made where the loop is and then moved to the client, so the client has no other
//! way to the server. Needs root, iproute2 and curl; says so and passes where they are missing.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use io_loop::servers::{Servers, pattern};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 2);
/// The resolver that the client is told to use. There is none but the loop.
const DNS: &str = "10.88.0.53";
const NAME: &str = "server.test";
const TUN: &str = "ioltest";
/// For anything that is waited for, on a machine that is busy with other things.
const LIMIT: Duration = Duration::from_mins(3);

const LARGE: usize = 20_000_000;
const PARALLEL: usize = 200;
const PARALLEL_SIZE: usize = 50_000;

/// What is missing to run the test, if something is.
fn missing() -> Option<String> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout != b"0\n" {
        return Some("it needs root".into());
    }
    for (program, package) in [("ip", "iproute2"), ("curl", "curl")] {
        let found = Command::new(program).arg("--version").output();
        let found = found.or_else(|_| Command::new(program).arg("-V").output());
        if found.is_err() {
            return Some(format!(
                "it needs `{program}`, on Debian `apt-get install {package}`"
            ));
        }
    }
    if !PathBuf::from("/dev/net/tun").exists() {
        return Some("there is no /dev/net/tun".into());
    }
    let probe = format!("iol-probe-{}", std::process::id());
    let made = run(Command::new("ip").args(["netns", "add", &probe]));
    let _ = run(Command::new("ip").args(["netns", "del", &probe]));
    made.err()
        .map(|error| format!("namespaces cannot be made here: {error}"))
}

fn run(command: &mut Command) -> Result<Output, String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(output)
    } else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("{command:?}: {}: {stderr}", output.status))
    }
}

fn ip(line: &str) {
    run(Command::new("ip").args(line.split_whitespace())).unwrap();
}

/// The namespaces, and what the test put beside them. Taken away when it is dropped.
struct Namespaces {
    client: String,
    looped: String,
    server: String,
}

impl Namespaces {
    fn new() -> Self {
        let name = |what| format!("iol-{what}-{}", std::process::id());
        let all = Self {
            client: name("client"),
            looped: name("loop"),
            server: name("server"),
        };
        for namespace in [&all.client, &all.looped, &all.server] {
            ip(&format!("netns add {namespace}"));
            ip(&format!("-n {namespace} link set lo up"));
        }
        let (looped, server) = (&all.looped, &all.server);
        ip(&format!(
            "link add name iolv0 netns {looped} type veth peer name iolv1 netns {server}"
        ));
        ip(&format!("-n {looped} addr add 10.99.0.1/24 dev iolv0"));
        ip(&format!("-n {looped} link set iolv0 up"));
        ip(&format!("-n {server} addr add {SERVER}/24 dev iolv1"));
        ip(&format!("-n {server} link set iolv1 up"));
        // `ip netns exec` puts these over the machine's own.
        configure(&all.looped, "hosts", &format!("{SERVER} {NAME}\n"));
        configure(&all.looped, "nsswitch.conf", "hosts: files\n");
        configure(&all.client, "resolv.conf", &format!("nameserver {DNS}\n"));
        configure(&all.client, "nsswitch.conf", "hosts: dns\n");
        all
    }

    /// Moves the interface that the loop has made to the client, and leads everything there.
    fn hand_over_the_interface(&self) {
        let (client, looped) = (&self.client, &self.looped);
        let began = Instant::now();
        let made = || run(Command::new("ip").args(["-n", looped, "link", "show", TUN]));
        while made().is_err() {
            assert!(began.elapsed() < LIMIT, "no interface {TUN}");
            std::thread::sleep(Duration::from_millis(20));
        }
        ip(&format!("-n {looped} link set {TUN} netns {client}"));
        ip(&format!("-n {client} addr add 10.88.0.1/24 dev {TUN}"));
        ip(&format!("-n {client} link set {TUN} up"));
        ip(&format!("-n {client} route add default dev {TUN}"));
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for namespace in [&self.client, &self.looped, &self.server] {
            let _ = run(Command::new("ip").args(["netns", "del", namespace]));
            let _ = fs::remove_dir_all(PathBuf::from("/etc/netns").join(namespace));
        }
    }
}

fn configure(namespace: &str, file: &str, text: &str) {
    let folder = PathBuf::from("/etc/netns").join(namespace);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(file), text).unwrap();
}

fn inside(namespace: &str, program: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This program again, in a namespace, as one of the roles below.
fn role(namespace: &str, role: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = inside(namespace, this.to_str().unwrap());
    command.args(["--exact", role, "--ignored", "--nocapture"]);
    command
}

#[test]
fn clients_of_a_real_interface_reach_a_real_server() {
    if let Some(missing) = missing() {
        // Past the capture of output, which hides what a test that passes has to say.
        let _ = writeln!(std::io::stderr(), "the TUN test is skipped: {missing}");
        return;
    }
    let namespaces = Namespaces::new();
    let (_server, servers) = start_servers(&namespaces);
    let mut forwarder = inside(&namespaces.looped, env!("CARGO_BIN_EXE_io_loop"));
    forwarder.args(["--device", "tun", "--tun-name", TUN, "--quiet"]);
    forwarder.args(["--dns", &format!("{DNS}:53")]);
    let mut forwarder = Process(forwarder.stdout(Stdio::piped()).spawn().unwrap());
    namespaces.hand_over_the_interface();

    let files = std::env::temp_dir().join(format!("io-loop-tun-{}", std::process::id()));
    fs::create_dir_all(&files).unwrap();
    let http = servers.http;
    let curl = |arguments: &[String]| {
        let mut curl = inside(&namespaces.client, "curl");
        curl.args(["--silent", "--show-error", "--fail", "--max-time"]);
        curl.arg(LIMIT.as_secs().to_string()).args(arguments);
        run(&mut curl).unwrap()
    };

    // One large transfer.
    let large = files.join("large");
    curl(&[
        "--output".into(),
        large.display().to_string(),
        format!("http://{http}/bytes/{LARGE}"),
    ]);
    assert_is_download(&fs::read(&large).unwrap(), LARGE);

    // By a name that only the loop can resolve.
    let hello = curl(&[format!("http://{NAME}:{}/", http.port())]);
    assert!(hello.stdout.starts_with(b"hello"), "{hello:?}");

    // Many at a time.
    let mut many = vec![
        "--parallel".into(),
        "--parallel-immediate".into(),
        "--parallel-max".into(),
        PARALLEL.to_string(),
    ];
    for index in 0..PARALLEL {
        many.push("--output".into());
        many.push(files.join(index.to_string()).display().to_string());
        many.push(format!("http://{http}/bytes/{PARALLEL_SIZE}"));
    }
    curl(&many);
    for index in 0..PARALLEL {
        let body = fs::read(files.join(index.to_string())).unwrap();
        assert_is_download(&body, PARALLEL_SIZE);
    }
    fs::remove_dir_all(&files).unwrap();

    // Both directions at a time, over TCP and UDP.
    let mut client = role(&namespaces.client, "client_role");
    client.env("IO_LOOP_ECHO", servers.echo.to_string());
    client.env("IO_LOOP_UDP_ECHO", servers.udp_echo.to_string());
    run(&mut client).unwrap();

    // Ctrl-C, and the summary.
    let pid = forwarder.0.id().to_string();
    run(Command::new("kill").args(["-INT", &pid])).unwrap();
    let mut summary = String::new();
    let mut stdout = forwarder.0.stdout.take().unwrap();
    stdout.read_to_string(&mut summary).unwrap();
    assert!(forwarder.0.wait().unwrap().success(), "{summary}");
    assert!(summary.contains("0 panicked, 0 still running"), "{summary}");
    let opened = format!("{:<38}{:>14}", "TCP flows opened", PARALLEL + 3);
    assert!(summary.contains(&opened), "{summary}");
}

fn assert_is_download(body: &[u8], len: usize) {
    assert_eq!(body.len(), len);
    let block: Vec<u8> = pattern().take(Servers::BLOCK).collect();
    for (index, part) in body.chunks(Servers::BLOCK).enumerate() {
        assert!(part == &block[..part.len()], "block {index} differs");
    }
}

fn start_servers(namespaces: &Namespaces) -> (Process, Servers) {
    let mut server = role(&namespaces.server, "server_role");
    server.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut server = Process(server.spawn().unwrap());
    let lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        // The harness may have begun the line.
        if let Some((_, addresses)) = line.split_once("servers: ") {
            let addresses: Vec<SocketAddr> = addresses
                .split(' ')
                .map(|address| address.parse().unwrap())
                .collect();
            let servers = Servers {
                echo: addresses[0],
                http: addresses[1],
                udp_echo: addresses[2],
            };
            return (server, servers);
        }
    }
    panic!("the servers have not started");
}

/// Started by the test, in the server's namespace; ends when its standard input does.
#[test]
#[ignore = "a part of the TUN test"]
fn server_role() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scope = async_patterns::task::TaskScope::builder()
        .runtime(runtime.handle().clone())
        .build();
    let servers = runtime.block_on(Servers::start_on(SERVER, &scope)).unwrap();
    println!(
        "servers: {} {} {}",
        servers.echo, servers.http, servers.udp_echo
    );
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    let _ = runtime.block_on(scope.shutdown(Duration::from_secs(1)));
}

/// Started by the test, in the client's namespace.
#[test]
#[ignore = "a part of the TUN test"]
fn client_role() {
    let address = |name| -> SocketAddr { std::env::var(name).unwrap().parse().unwrap() };
    let mut writer = TcpStream::connect(address("IO_LOOP_ECHO")).unwrap();
    writer.set_write_timeout(Some(LIMIT)).unwrap();
    writer.set_read_timeout(Some(LIMIT)).unwrap();
    let mut reader = writer.try_clone().unwrap();
    let sent: Vec<u8> = pattern().take(8_000_000).collect();
    let expected = sent.clone();
    let reading = std::thread::spawn(move || {
        let mut received = Vec::new();
        reader.read_to_end(&mut received).unwrap();
        assert!(received == expected, "the bytes differ");
    });
    writer.write_all(&sent).unwrap();
    writer.shutdown(std::net::Shutdown::Write).unwrap();
    reading.join().unwrap();

    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket.connect(address("IO_LOOP_UDP_ECHO")).unwrap();
    let mut buffer = [0; 2048];
    for len in [0, 1, 500, 1400] {
        let payload = vec![7; len];
        socket.send(&payload).unwrap();
        let received = socket.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..received], &payload[..]);
    }
}

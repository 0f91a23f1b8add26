//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use io_loop::config::{Config, DnsConfig};
use io_loop::connector::Credentials;
use io_loop::{BridgeKind, workload::Workload};

/// A userspace TCP and UDP forwarder in one event loop.
///
/// Without options it plays applications and servers in this process, shows what passes between
/// them for ten seconds, and needs no privileges. Ctrl-C ends it at any time.
#[derive(Debug, Parser)]
#[command(name = "io_loop", version)]
pub struct Args {
    /// Where packets come from
    #[arg(long, value_enum, default_value_t = DeviceKind::Memory)]
    pub device: DeviceKind,
    /// How the loop learns which sessions have something to move
    #[arg(long, value_enum, default_value_t = Bridge::Ready)]
    bridge: Bridge,
    /// The largest packet, in bytes
    #[arg(long, default_value_t = 1500, value_parser = clap::value_parser!(u16).range(576..=9216))]
    pub mtu: u16,
    /// TCP flows at a time
    #[arg(long, default_value_t = 1024, value_parser = positive)]
    max_flows: usize,
    /// Seconds to run; 0 is without end [default: 10 with `memory`, 0 with `tun`]
    #[arg(long)]
    seconds: Option<u64>,
    /// No live figures, only the summary
    #[arg(long)]
    pub quiet: bool,

    /// Flows that exchange 64 bytes now and then
    #[arg(long, default_value_t = 32, help_heading = "Memory")]
    talkers: usize,
    /// Flows that load a megabyte at a time
    #[arg(long, default_value_t = 2, help_heading = "Memory")]
    downloaders: usize,
    /// Milliseconds between two exchanges of a talker
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..),
          help_heading = "Memory")]
    pause: u64,

    /// The interface, made if there is none of this name
    #[arg(long, default_value = "ioloop0", value_parser = interface, help_heading = "TUN")]
    pub tun_name: String,
    /// This machine's address on the interface, as 10.0.0.1/24
    #[arg(long, value_parser = prefix, help_heading = "TUN")]
    pub tun_address: Option<(Ipv4Addr, u8)>,
    /// Answer DNS questions to this address, and map names to addresses of 198.18.1.0 on
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "TUN")]
    dns: Option<SocketAddr>,

    /// Connect through this SOCKS5 proxy
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "Proxy")]
    pub proxy: Option<SocketAddr>,
    /// Its user; the password is taken from the environment variable `IO_LOOP_PROXY_PASSWORD`
    #[arg(long, requires = "proxy", help_heading = "Proxy")]
    proxy_user: Option<String>,
}

/// Where packets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeviceKind {
    /// A second network stack in this process, with applications and servers
    Memory,
    /// A TUN interface of this machine
    Tun,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bridge {
    /// Wakers mark the sessions that have
    Ready,
    /// All are tried in each turn, with a sleep in between; for comparison
    Noop,
}

impl Args {
    /// The loop's settings.
    pub fn config(&self) -> Config {
        let dns = match self.device {
            DeviceKind::Memory => Some(DnsConfig::default()),
            DeviceKind::Tun => self.dns.map(|server| DnsConfig {
                server,
                ..DnsConfig::default()
            }),
        };
        Config {
            bridge: match self.bridge {
                Bridge::Ready => BridgeKind::Ready,
                Bridge::Noop => BridgeKind::Noop,
            },
            max_flows: self.max_flows,
            dns,
            ..Config::default()
        }
    }

    /// What the applications do in memory mode.
    pub fn workload(&self) -> Workload {
        Workload {
            talkers: self.talkers,
            downloaders: self.downloaders,
            pause: Duration::from_millis(self.pause),
        }
    }

    /// How long to run, if not without end.
    pub fn time(&self) -> Option<Duration> {
        let default = match self.device {
            DeviceKind::Memory => 10,
            DeviceKind::Tun => 0,
        };
        match self.seconds.unwrap_or(default) {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        }
    }

    /// The proxy's user and password.
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing.
    pub fn credentials(&self) -> Result<Option<Credentials>, String> {
        let Some(user) = &self.proxy_user else {
            return Ok(None);
        };
        let password = std::env::var("IO_LOOP_PROXY_PASSWORD").map_err(|_| {
            "--proxy-user needs the password in the environment variable IO_LOOP_PROXY_PASSWORD"
        })?;
        Credentials::new(user, &password).map(Some)
    }
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".into()),
        Ok(count) => Ok(count),
        Err(error) => Err(format!("{error}")),
    }
}

fn interface(text: &str) -> Result<String, String> {
    // The kernel's limits.
    let good = (1..=15).contains(&text.len())
        && !text
            .bytes()
            .any(|byte| byte == b'/' || byte.is_ascii_whitespace());
    if good {
        Ok(text.into())
    } else {
        Err("an interface's name has 1 to 15 bytes, no slash and no space".into())
    }
}

fn prefix(text: &str) -> Result<(Ipv4Addr, u8), String> {
    let parsed = text.split_once('/').and_then(|(address, length)| {
        let length = length.parse().ok().filter(|length| *length <= 32)?;
        Some((address.parse().ok()?, length))
    });
    parsed.ok_or_else(|| "it must be an IPv4 address and a prefix, as 10.0.0.1/24".into())
}

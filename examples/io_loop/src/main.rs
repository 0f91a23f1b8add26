//! A userspace forwarder in one event loop: `cargo run --release -p io_loop`.
//!
//! The loop itself is the library; this is its command line. A turn has six phases, in this order:
//!
//! 1. **drain** the device, and say what each packet is: `phases/drain.rs`
//! 2. **poll** smoltcp with them, and make sockets for new flows: `phases/poll.rs`
//! 3. **accept** flows that became established: `phases/accept.rs`
//! 4. **bridge** bytes between sockets and sessions: `phases/bridge.rs`
//! 5. **flush** what smoltcp wants to send: `phases/flush.rs`
//! 6. **wait**, in one `select!`, for a reason for another turn: `phases/wait.rs`
#![expect(
    unreachable_pub,
    reason = "nothing of a program can be reached; `pub` says here what a module offers"
)]

mod cli;
mod live;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use async_patterns::task::{ShutdownSignals, TaskScope};
use clap::Parser;
use io_loop::apps::Apps;
use io_loop::connector::{Connector, Direct, Socks5};
use io_loop::device::{Device, MemoryDevice};
use io_loop::dns::{Resolve, SystemResolver};
use io_loop::servers::Servers;
use io_loop::workload::{Seen, names};
use io_loop::{Config, IoLoop, Summary};
use tokio_util::sync::CancellationToken;

use cli::{Args, DeviceKind};
use live::Live;

/// Packets that may wait between the applications and the loop.
const QUEUE: usize = 512;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("io_loop: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let credentials = args.credentials()?;
    match args.proxy {
        Some(proxy) => on_device(&args, Socks5::new(proxy, credentials)).await,
        None => on_device(&args, Direct).await,
    }
}

async fn on_device<C: Connector + Sync>(args: &Args, connector: C) -> Result<(), Box<dyn Error>> {
    let config = args.config();
    match args.device {
        DeviceKind::Memory => in_memory(args, connector, config).await,
        DeviceKind::Tun => on_tun(args, connector, config).await,
    }
}

/// Applications on one side of the loop, servers on the other, all in this process.
async fn in_memory<C: Connector + Sync>(
    args: &Args,
    connector: C,
    config: Config,
) -> Result<(), Box<dyn Error>> {
    let scope = TaskScope::builder().name("memory mode").build();
    let servers = Servers::start(&scope).await?;
    let (apps, device) = MemoryDevice::pair(args.mtu.into(), QUEUE);
    let apps = Apps::start(apps, &Config::default());
    let seen = Arc::new(Seen::default());
    if let Some(dns) = config.dns {
        let (workload, seen) = (args.workload(), seen.clone());
        scope.spawn("applications", move |token| async move {
            let apps = apps;
            workload
                .run(&apps, dns.server, servers, &seen, &token)
                .await;
        });
    }
    let summary = forward(
        args,
        device,
        connector,
        names(&servers),
        config,
        Some(&seen),
    )
    .await?;
    println!("{summary}");
    println!("\nwhat the applications saw");
    println!("  round trips of 64 bytes: {}", seen.round_trips());
    println!("  downloads of 1 MB, compared: {}", seen.downloads.get());
    println!("  datagrams that came back: {}", seen.datagrams.get());
    println!("  exchanges that failed: {}", seen.failed.get());
    // The applications go last, so that they see how the loop ends.
    let report = scope.shutdown(Duration::from_secs(5)).await;
    if report.running_at_deadline().next().is_some() {
        return Err(format!("memory mode did not end in time: {report}").into());
    }
    Ok(())
}

#[cfg(target_os = "linux")]
async fn on_tun<C: Connector + Sync>(
    args: &Args,
    connector: C,
    config: Config,
) -> Result<(), Box<dyn Error>> {
    let options = io_loop::device::TunOptions {
        name: args.tun_name.clone(),
        address: args.tun_address,
        mtu: args.mtu,
    };
    let device = io_loop::device::open_tun(&options)?;
    let summary = forward(args, device, connector, SystemResolver, config, None).await?;
    println!("{summary}");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
async fn on_tun<C: Connector + Sync>(_: &Args, _: C, _: Config) -> Result<(), Box<dyn Error>> {
    Err("`--device tun` is for Linux; use `--device memory`".into())
}

/// Runs the loop until it is interrupted or its time is over.
async fn forward<D: Device, C: Connector + Sync, R: Resolve + Sync>(
    args: &Args,
    device: D,
    connector: C,
    resolver: R,
    config: Config,
    seen: Option<&Seen>,
) -> Result<Summary, Box<dyn Error>> {
    let token = CancellationToken::new();
    let io = IoLoop::with_resolver(device, connector, resolver, config, token.clone());
    let (metrics, events) = (io.metrics(), io.events());
    let mut signals = ShutdownSignals::new()?;
    let mut running = tokio::spawn(io.run());
    let live = (!args.quiet).then(Live::new);
    let summary = {
        let showing = async {
            if let Some(live) = &live {
                live.run(&metrics, events, seen).await;
            }
            std::future::pending::<()>().await;
        };
        let time = async {
            match args.time() {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            summary = &mut running => Some(summary?),
            _ = signals.recv() => None,
            () = time => None,
            () = showing => None,
        }
    };
    drop(live);
    token.cancel();
    match summary {
        Some(summary) => Ok(summary),
        None => Ok(running.await?),
    }
}

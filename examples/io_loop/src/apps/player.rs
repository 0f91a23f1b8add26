//! The task that owns the applications' stack.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;

use async_patterns::sync::SourceId;
use tokio::sync::{mpsc, oneshot};

use crate::buffer::Packet;
use crate::classify::{Class, Tuple, classify};
use crate::config::Config;
use crate::device::{Device, PacketSink, PacketSource};
use crate::stack::{FlowStream, Ingress, Stack};
use crate::udp::datagram;

/// What an application wants.
#[derive(Debug)]
pub(super) enum Command {
    Connect {
        from: SocketAddr,
        to: SocketAddr,
        reply: oneshot::Sender<io::Result<FlowStream>>,
    },
    Bind {
        local: SocketAddr,
        inbox: mpsc::Sender<(SocketAddr, Vec<u8>)>,
    },
    Send {
        from: SocketAddr,
        to: SocketAddr,
        payload: Vec<u8>,
    },
}

pub(super) struct Player<D: Device> {
    source: D::Source,
    sink: D::Sink,
    stack: Stack,
    commands: mpsc::Receiver<Command>,
    opening: HashMap<SourceId, oneshot::Sender<io::Result<FlowStream>>>,
    sockets: HashMap<SocketAddr, mpsc::Sender<(SocketAddr, Vec<u8>)>>,
    packets_per_turn: usize,
    bytes_per_flow: usize,
    again: bool,
}

impl<D: Device> Player<D> {
    pub(super) fn new(
        device: D,
        stack: Stack,
        commands: mpsc::Receiver<Command>,
        config: &Config,
    ) -> Self {
        let (source, sink) = device.split();
        Self {
            source,
            sink,
            stack,
            commands,
            opening: HashMap::new(),
            sockets: HashMap::new(),
            packets_per_turn: config.packets_per_turn,
            bytes_per_flow: config.bytes_per_flow,
            again: false,
        }
    }

    /// Until all handles or the other end of the device are gone.
    pub(super) async fn run(mut self) {
        loop {
            if self.turn().is_err() {
                return;
            }
            let again = std::mem::take(&mut self.again);
            let has_output = !self.stack.phy.outgoing.is_empty();
            let (flows, timers) = self.stack.wake_sources();
            tokio::select! {
                biased;
                () = poll_fn(|cx| self.source.poll_readable(cx)) => {}
                () = flows.ready() => {}
                id = poll_fn(|cx| timers.poll_due(cx)) => self.stack.timer_fired(id),
                command = self.commands.recv() => {
                    let Some(command) = command else { return };
                    self.obey(command);
                }
                () = poll_fn(|cx| self.sink.poll_writable(cx)), if has_output => {}
                () = tokio::task::yield_now(), if again => {}
            }
        }
    }

    fn turn(&mut self) -> io::Result<()> {
        let mut taken = 0;
        while taken < self.packets_per_turn
            && let Some(packet) = self.source.try_recv(self.stack.pool())?
        {
            taken += 1;
            self.receive(packet);
        }
        self.stack.maintain(self.packets_per_turn);
        let ready = self.stack.take_ready(usize::MAX);
        for &id in &ready {
            self.stack.pump(id, self.bytes_per_flow);
        }
        self.stack.give_back(ready);
        let flushed = self
            .stack
            .flush(&mut self.sink, 4 * self.packets_per_turn)?;
        self.again = flushed.out_of_budget;
        Ok(())
    }

    fn receive(&mut self, packet: Packet) {
        match classify(&packet) {
            Ok(Class::Tcp { tuple, .. }) => match self.stack.ingress(Some(&tuple), packet) {
                Ingress::Nothing => {}
                Ingress::Established(id) => {
                    if let (Some(reply), Some(stream)) =
                        (self.opening.remove(&id), self.stack.open(id))
                    {
                        // Whoever has given up drops the stream, which resets the flow.
                        let _ = reply.send(Ok(stream));
                    }
                }
                Ingress::Failed(id) => {
                    self.stack.remove(id);
                    if let Some(reply) = self.opening.remove(&id) {
                        let _ = reply.send(Err(io::ErrorKind::ConnectionRefused.into()));
                    }
                }
            },
            Ok(Class::Udp {
                app: from,
                target: to,
                payload,
            }) => {
                if let Some(inbox) = self.sockets.get(&to) {
                    // A slow application loses datagrams.
                    let _ = inbox.try_send((from, payload.to_vec()));
                }
            }
            Ok(Class::Other) | Err(_) => {}
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Connect { from, to, reply } => {
                // A packet of this flow arrives from `to`.
                let tuple = Tuple {
                    app: to,
                    target: from,
                };
                if let Some(old) = self.stack.find(&tuple) {
                    self.stack.remove(old);
                }
                match self.stack.connect(tuple) {
                    Ok(id) => {
                        self.opening.insert(id, reply);
                    }
                    Err(error) => {
                        let error = io::Error::new(io::ErrorKind::InvalidInput, error);
                        let _ = reply.send(Err(error));
                    }
                }
            }
            Command::Bind { local, inbox } => {
                self.sockets.insert(local, inbox);
            }
            Command::Send { from, to, payload } => {
                if let Some(packet) = datagram(self.stack.pool(), from, to, &payload) {
                    self.stack.phy.outgoing.push_back(packet);
                }
            }
        }
    }
}

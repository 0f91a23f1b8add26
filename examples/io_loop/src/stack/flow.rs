//! One TCP flow: its socket, and what it moves.

use std::collections::VecDeque;
use std::task::{Poll, Waker};
use std::time::Duration;

use async_patterns::poll::{try_poll_read_with, try_poll_shutdown_with, try_poll_write_with};
use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::tcp::{CongestionControl, RecvError, Socket, SocketBuffer, State};
use tokio::time::Instant;

use super::stream::FlowEnd;
use super::timers::Timer;
use crate::classify::Tuple;

/// One TCP flow.
///
/// Each has a socket set of its own, with one socket. smoltcp looks through the whole set for every
/// packet, every egress and every timer; with one set for all flows, an idle flow would cost
/// something in each turn.
pub(crate) struct Flow {
    pub(crate) tuple: Tuple,
    pub(crate) sockets: SocketSet<'static>,
    handle: SocketHandle,
    /// The pipe to the session, from the time it is accepted until both directions have ended.
    pub(crate) end: Option<FlowEnd>,
    pub(crate) stage: Stage,
    pub(crate) born: Instant,
    /// When the application was last heard of.
    pub(crate) heard: Instant,
    owed_since: Option<Instant>,
    /// When smoltcp wants to be polled for this flow, or earlier.
    pub(super) timer: Option<Timer>,
    /// Whether it is in the queue for the flush phase.
    pub(crate) to_flush: bool,
    /// The session has seen the application's end.
    app_ended: bool,
    /// The session's end is on its way to the application.
    session_ended: bool,
    /// What a slow session has not taken when the socket came to TIME-WAIT, at the end of which
    /// smoltcp throws its buffers away. Behind it comes the application's end.
    rest: Option<VecDeque<u8>>,
}

/// How far a flow has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In its handshake.
    Opening,
    /// Established, and phase 3 has yet to give it a session.
    Established,
    /// Has a session.
    Open,
    /// In TIME-WAIT or on the way to its reset; nothing is moved any more.
    Closing,
}

/// What became of a flow that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Both directions ended with a FIN.
    Finished,
    /// The application reset it, or did not answer any more.
    ResetByApp,
    /// The session ended early: it failed, panicked or was aborted.
    ResetBySession,
    /// It never became established.
    HalfOpen,
}

/// What one pump has moved.
#[derive(Debug, Default)]
pub(crate) struct Pumped {
    /// Bytes from the application to the session.
    pub(crate) up: usize,
    /// Bytes from the session to the application.
    pub(crate) down: usize,
    /// The budget was spent; there may be more to move now.
    pub(crate) more: bool,
    /// The flow ended, in this pump.
    pub(crate) ended: Option<Ending>,
    /// The socket is done with; the flow can be removed.
    pub(crate) over: bool,
}

/// What a socket is made with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketOptions {
    pub(crate) buffer: usize,
    pub(crate) ack_delay: Option<Duration>,
}

impl Flow {
    pub(crate) fn new(tuple: Tuple, options: SocketOptions, born: Instant) -> Self {
        let buffer = || SocketBuffer::new(vec![0; options.buffer]);
        let mut socket = Socket::new(buffer(), buffer());
        // The session's peer has coalesced its writes already. Waiting for the application's ACK
        // before a short segment would only add its delayed ACK to every answer.
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(options.ack_delay.map(Into::into));
        socket.set_congestion_control(CongestionControl::None);
        let mut sockets = SocketSet::new(Vec::with_capacity(1));
        let handle = sockets.add(socket);
        Self {
            tuple,
            sockets,
            handle,
            end: None,
            stage: Stage::Opening,
            born,
            heard: born,
            owed_since: None,
            timer: None,
            to_flush: false,
            app_ended: false,
            session_ended: false,
            rest: None,
        }
    }

    pub(crate) fn socket(&self) -> &Socket<'static> {
        self.sockets.get(self.handle)
    }

    pub(crate) fn socket_mut(&mut self) -> &mut Socket<'static> {
        self.sockets.get_mut(self.handle)
    }

    /// Whether the socket is closed and has nothing left to send, not even a reset.
    pub(crate) fn is_over(&self) -> bool {
        let socket = self.socket();
        socket.state() == State::Closed && socket.remote_endpoint().is_none()
    }

    /// Resets the flow towards the application and the session.
    pub(crate) fn abort(&mut self) {
        self.socket_mut().abort();
        self.stage = Stage::Closing;
        self.end = None;
    }

    /// Whether the application has something to acknowledge.
    fn is_owed_an_answer(&self) -> bool {
        self.socket().send_queue() > 0 || self.waits_for_ack_of_fin()
    }

    fn waits_for_ack_of_fin(&self) -> bool {
        let state = self.socket().state();
        matches!(state, State::FinWait1 | State::Closing | State::LastAck)
    }

    /// smoltcp 0.14 forgets a lost FIN when three duplicate ACKs ask for it: its fast retransmission
    /// is for data only, and it has stopped the timer. A keep-alive makes it send again, and what it
    /// then sends is the FIN.
    pub(crate) fn remember_the_fin(&mut self) {
        const AGAIN: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(1);
        let wanted = self.waits_for_ack_of_fin().then_some(AGAIN);
        if self.socket().keep_alive() != wanted {
            self.socket_mut().set_keep_alive(wanted);
        }
    }

    /// Gives the flow up when the application owes an answer and was not heard of for `limit`. Else
    /// returns when to look again.
    ///
    /// smoltcp's own timeout counts from the last packet also when nothing was owed meanwhile, so
    /// that a FIN after a pause would be taken for one without an answer.
    pub(crate) fn give_up_if_vanished(&mut self, limit: Duration, now: Instant) -> Option<Instant> {
        if !self.is_owed_an_answer() {
            self.owed_since = None;
            return None;
        }
        let since = *self.owed_since.get_or_insert(now);
        let deadline = since.max(self.heard) + limit;
        if now < deadline {
            return Some(deadline);
        }
        // The next pump finds the socket closed and tells the session.
        self.socket_mut().abort();
        None
    }

    /// Moves up to `budget` bytes each way between the socket and the pipe, and asks to be woken,
    /// by `waker`, when there is more to do.
    pub(crate) fn pump(&mut self, budget: usize, waker: &Waker) -> Pumped {
        let mut pumped = Pumped::default();
        if self.stage == Stage::Open {
            self.move_bytes(budget, waker, &mut pumped);
        }
        pumped.over = self.stage != Stage::Open && self.is_over();
        let socket = self.socket_mut();
        socket.register_recv_waker(waker);
        socket.register_send_waker(waker);
        pumped
    }

    fn move_bytes(&mut self, budget: usize, waker: &Waker, pumped: &mut Pumped) {
        let Some(mut end) = self.end.take() else {
            return;
        };
        if end.is_aborted() {
            self.abort();
            pumped.ended = Some(Ending::ResetBySession);
            return;
        }
        let up = self.move_up(&mut end, budget, waker, pumped);
        self.move_down(&mut end, budget, waker, pumped);
        if self.app_ended && self.session_ended {
            // smoltcp goes through the rest of its states alone.
            self.stage = Stage::Closing;
            end.finish();
            pumped.ended = Some(Ending::Finished);
            return;
        }
        match up {
            Up::Open => self.end = Some(end),
            Up::SessionGone => {
                self.abort();
                pumped.ended = Some(Ending::ResetBySession);
            }
            Up::Reset => {
                self.stage = Stage::Closing;
                pumped.ended = Some(Ending::ResetByApp);
            }
        }
    }

    /// From the application to the session.
    fn move_up(
        &mut self,
        end: &mut FlowEnd,
        budget: usize,
        waker: &Waker,
        pumped: &mut Pumped,
    ) -> Up {
        while !self.app_ended {
            let left = budget - pumped.up;
            if let Some(rest) = &mut self.rest {
                let some = rest.as_slices().0;
                if some.is_empty() {
                    self.end_up(end, waker);
                    break;
                }
                match try_poll_write_with(waker, &mut end.pipe, some) {
                    Poll::Ready(Ok(written)) => {
                        rest.drain(..written);
                        pumped.up += written.min(left);
                        continue;
                    }
                    Poll::Ready(Err(_)) => return Up::SessionGone,
                    Poll::Pending => break,
                }
            }
            // Straight from the socket's buffer into the pipe's.
            let moved = self.socket_mut().recv(|received| {
                let some = &received[..received.len().min(left)];
                if some.is_empty() {
                    return (0, Poll::Pending);
                }
                match try_poll_write_with(waker, &mut end.pipe, some) {
                    Poll::Ready(Ok(written)) => (written, Poll::Ready(Ok(written))),
                    other => (0, other),
                }
            });
            match moved {
                Ok(Poll::Ready(Ok(written))) => pumped.up += written,
                // The session does not read any more, and what was sent to it has no reader.
                Ok(Poll::Ready(Err(_))) => return Up::SessionGone,
                Ok(Poll::Pending) if self.socket().state() == State::TimeWait => {
                    self.keep_rest();
                }
                Ok(Poll::Pending) => {
                    pumped.more |= left == 0 && self.socket().can_recv();
                    break;
                }
                Err(RecvError::Finished) => self.end_up(end, waker),
                Err(RecvError::InvalidState) => return Up::Reset,
            }
        }
        // After the FIN was read the socket does not tell a reset by `recv`.
        if self.app_ended && self.socket().state() == State::Closed {
            return Up::Reset;
        }
        Up::Open
    }

    fn end_up(&mut self, end: &mut FlowEnd, waker: &Waker) {
        // A pipe's shutdown does not wait and does not fail.
        let _ = try_poll_shutdown_with(waker, &mut end.pipe);
        self.app_ended = true;
    }

    fn keep_rest(&mut self) {
        let mut rest = VecDeque::new();
        while let Ok(1..) = self.socket_mut().recv(|received| {
            rest.extend(received.iter());
            (received.len(), received.len())
        }) {}
        self.rest = Some(rest);
    }

    /// From the session to the application.
    fn move_down(&mut self, end: &mut FlowEnd, budget: usize, waker: &Waker, pumped: &mut Pumped) {
        while !self.session_ended && self.socket().can_send() {
            let left = budget - pumped.down;
            if left == 0 {
                pumped.more = true;
                return;
            }
            let socket = self.socket_mut();
            let moved = socket.send(|room| {
                let len = room.len().min(left);
                match try_poll_read_with(waker, &mut end.pipe, &mut room[..len]) {
                    Poll::Ready(Ok(read)) => (read, Some(read)),
                    // A pipe's read does not fail.
                    Poll::Ready(Err(_)) | Poll::Pending => (0, None),
                }
            });
            match moved {
                Ok(Some(0)) => {
                    // The FIN goes out behind what is in the socket's buffer.
                    socket.close();
                    self.session_ended = true;
                }
                Ok(Some(read)) => pumped.down += read,
                Ok(None) | Err(_) => return,
            }
        }
    }
}

/// How the application's direction stands.
enum Up {
    Open,
    SessionGone,
    Reset,
}

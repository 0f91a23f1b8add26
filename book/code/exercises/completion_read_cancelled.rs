use std::collections::VecDeque;

use tokio::sync::oneshot;

// ANCHOR: solution
struct Listener<Connection> {
    /// Those who wait in `accept`, or did.
    waiting: VecDeque<oneshot::Sender<Connection>>,
    /// Accepted, and nobody wanted them yet.
    accepted: VecDeque<Connection>,
}

impl<Connection> Listener<Connection> {
    /// The kernel says that an accept has completed.
    fn completed(&mut self, mut connection: Connection) {
        while let Some(waiting) = self.waiting.pop_front() {
            match waiting.send(connection) {
                Ok(()) => return,
                // That future was dropped. The connection is there all the same.
                Err(unwanted) => connection = unwanted,
            }
        }
        self.accepted.push_back(connection);
    }
}
// ANCHOR_END: solution

#[test]
fn a_connection_goes_to_the_first_who_still_waits_or_is_kept() {
    let (cancelled, gone) = oneshot::channel();
    let (second, mut waits) = oneshot::channel();
    drop(gone);
    let mut listener = Listener {
        waiting: [cancelled, second].into(),
        accepted: VecDeque::new(),
    };
    listener.completed("alice");
    assert_eq!(waits.try_recv(), Ok("alice"));
    listener.completed("bob");
    assert_eq!(listener.accepted, ["bob"]);
}

//! Bodies and runtimes for the tests.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use async_patterns::session::{
    BoxError, RuntimeProfile, Session, SessionBody, SessionContext, SharedRuntime,
};

/// Longer than anything here takes; a test that gets there has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn runtime() -> SharedRuntime {
    SharedRuntime::new(RuntimeProfile::test().with_thread_name_prefix("st"))
}

pub(crate) fn session() -> Session {
    Session::new("session", &runtime()).unwrap()
}

pub(crate) async fn until_cancelled(context: SessionContext) -> Result<(), BoxError> {
    context.cancelled().await;
    Ok(())
}

pub(crate) async fn complete(_: SessionContext) -> Result<(), BoxError> {
    Ok(())
}

pub(crate) async fn fail(_: SessionContext) -> Result<(), BoxError> {
    Err("no route to host".into())
}

pub(crate) async fn panicking(_: SessionContext) -> Result<(), BoxError> {
    panic!("the body panicked")
}

/// A body that blocks its thread, deaf to every request, until it is let go.
pub(crate) struct Deaf {
    entered: Sender<()>,
    released: Receiver<()>,
}

/// The test's side of a [`Deaf`] body.
pub(crate) struct DeafControl {
    pub(crate) entered: Receiver<()>,
    release: Sender<()>,
}

pub(crate) fn deaf() -> (Deaf, DeafControl) {
    let (entered, has_entered) = channel();
    let (release, released) = channel();
    (
        Deaf { entered, released },
        DeafControl {
            entered: has_entered,
            release,
        },
    )
}

impl DeafControl {
    pub(crate) fn wait_entered(&self) {
        self.entered.recv_timeout(LIMIT).unwrap();
    }

    pub(crate) fn release(&self) {
        self.release.send(()).unwrap();
    }
}

impl SessionBody for Deaf {
    async fn run(self, _: SessionContext) -> Result<(), BoxError> {
        self.entered.send(())?;
        self.released.recv_timeout(LIMIT)?;
        Ok(())
    }
}

/// Says when it is dropped.
pub(crate) struct DropSignal(Sender<()>);

pub(crate) fn drop_signal() -> (DropSignal, Receiver<()>) {
    let (tx, rx) = channel();
    (DropSignal(tx), rx)
}

impl Drop for DropSignal {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

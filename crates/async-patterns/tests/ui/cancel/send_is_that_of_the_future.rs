//! Wrapping a future that is not `Send` does not make it so.

use std::rc::Rc;

use async_patterns::cancel::CancelDebugExt;

fn assert_send<T: Send>(_: T) {}

fn main() {
    let local = Rc::new(());
    let future = async move { drop(local) };
    assert_send(future.cancel_debug("local"));
}

//! A number says nothing about who owns the descriptor, so the caller has to vouch for it.

use async_patterns::session::SessionFds;

fn main() {
    let _ = SessionFds::duplicate_raw(&[0]);
}

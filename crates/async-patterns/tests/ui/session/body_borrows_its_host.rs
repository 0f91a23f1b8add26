//! A body outlives the call that started it, so it cannot borrow from there.

use async_patterns::session::{Session, SessionContext};

fn start(session: &Session) {
    let name = String::from("tunnel");
    let borrowed = &name;
    let _ = session.start(async move |_: SessionContext| {
        println!("{borrowed}");
        Ok(())
    });
}

fn main() {}

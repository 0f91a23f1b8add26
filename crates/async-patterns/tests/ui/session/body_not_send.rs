//! A body goes to another thread, so it must be `Send`, though its future need not be.

use std::rc::Rc;

use async_patterns::session::{BoxError, LocalSessionBody, Session, SessionContext};

struct Local(Rc<u32>);

impl LocalSessionBody for Local {
    async fn run(self, _: SessionContext) -> Result<(), BoxError> {
        Ok(())
    }
}

fn start(session: &Session) {
    let _ = session.start(Local(Rc::new(1)));
}

fn main() {}

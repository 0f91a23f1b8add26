//! A process's memory and a completion-based kernel, small enough to look into.
//!
//! A real `io_uring` read hands the kernel an address. Here an address is the number of a page, so
//! that a write into memory which somebody else owns can be shown without undefined behaviour.
// ANCHOR: program
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::oneshot;

#[derive(Clone, Default)]
pub struct Machine(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    pages: Vec<String>,
    free: Vec<usize>,
    reads: VecDeque<Read>,
}

/// A read that the kernel has accepted. It can be asked to stop; it cannot be forgotten.
enum Read {
    Into(usize, oneshot::Sender<()>),
    Owning(Buffer, oneshot::Sender<Buffer>),
}

/// A page of memory, free again when this is dropped.
pub struct Buffer {
    machine: Machine,
    page: usize,
}

impl Machine {
    /// The page that was freed last, or a new one: what allocators do.
    pub fn allocate(&self, text: &str) -> Buffer {
        let mut state = self.0.borrow_mut();
        let page = state.free.pop().unwrap_or_else(|| {
            state.pages.push(String::new());
            state.pages.len() - 1
        });
        text.clone_into(&mut state.pages[page]);
        let machine = self.clone();
        Buffer { machine, page }
    }

    /// Submits a read into a page. The kernel keeps the number and nothing else.
    pub fn read_into(&self, buffer: &Buffer) -> oneshot::Receiver<()> {
        let (complete, completed) = oneshot::channel();
        let read = Read::Into(buffer.page, complete);
        self.0.borrow_mut().reads.push_back(read);
        completed
    }

    /// Submits a read that owns its buffer and gives it back with the completion.
    pub fn read_owned(&self, buffer: Buffer) -> oneshot::Receiver<Buffer> {
        let (complete, completed) = oneshot::channel();
        let read = Read::Owning(buffer, complete);
        self.0.borrow_mut().reads.push_back(read);
        completed
    }

    /// A packet comes: the kernel writes it where the oldest read said, and reports completion.
    pub fn packet(&self, text: &str) {
        let read = self.0.borrow_mut().reads.pop_front();
        match read.expect("a read is under way") {
            Read::Into(page, complete) => {
                text.clone_into(&mut self.0.borrow_mut().pages[page]);
                // Nobody may be waiting any more; the bytes are written all the same.
                let _ = complete.send(());
            }
            Read::Owning(buffer, complete) => {
                text.clone_into(&mut self.0.borrow_mut().pages[buffer.page]);
                // If nobody waits, the buffer is dropped here, after the write.
                let _ = complete.send(buffer);
            }
        }
    }
}

impl Buffer {
    pub fn text(&self) -> String {
        self.machine.0.borrow().pages[self.page].clone()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.machine.0.borrow_mut().free.push(self.page);
    }
}

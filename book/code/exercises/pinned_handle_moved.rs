use std::cell::RefCell;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::rc::Rc;

/// Stands for the C library, which keeps addresses.
type Library = Rc<RefCell<Vec<usize>>>;

// ANCHOR: solution
struct Tunnel {
    library: Library,
    _address_is_kept: PhantomPinned,
}

impl Tunnel {
    fn open(library: &Library) -> Pin<Box<Self>> {
        let tunnel = Box::pin(Self {
            library: Rc::clone(library),
            _address_is_kept: PhantomPinned,
        });
        // Only now: before it was pinned it had another address.
        library.borrow_mut().push(tunnel.address());
        tunnel
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        let gone = self.address();
        self.library.borrow_mut().retain(|address| *address != gone);
    }
}
// ANCHOR_END: solution

#[test]
fn the_library_knows_those_that_are_open_and_no_others() {
    let library = Library::default();
    let mut tunnels: Vec<_> = (0..3).map(|_| Tunnel::open(&library)).collect();
    drop(tunnels.swap_remove(0));
    let mut open: Vec<_> = tunnels.iter().map(|tunnel| tunnel.address()).collect();
    let mut known = library.borrow().clone();
    open.sort_unstable();
    known.sort_unstable();
    assert_eq!(open, known);
    drop(tunnels);
    assert!(library.borrow().is_empty());
}

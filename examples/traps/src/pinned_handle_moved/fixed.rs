//! Each tunnel has a box of its own and is pinned in it: the `Vec` moves boxes, never tunnels.
//!
//! `PhantomPinned` makes the tunnel `!Unpin`, so no safe code can move it out of its pin, and
//! `register` asks for the pin, so no tunnel that could still move is ever registered.
// ANCHOR: program
use std::marker::PhantomPinned;
use std::pin::Pin;

#[derive(Default)]
struct Tunnel {
    packets: u32,
    _address_is_kept: PhantomPinned,
}

/// Stands for the C library.
#[derive(Default)]
struct Library {
    addresses: Vec<usize>,
}

impl Library {
    fn register(&mut self, tunnel: Pin<&Tunnel>) {
        self.addresses.push(address(tunnel));
    }

    fn unregister(&mut self, tunnel: Pin<&Tunnel>) {
        let gone = address(tunnel);
        self.addresses.retain(|address| *address != gone);
    }

    fn can_write_to(&self, tunnel: Pin<&Tunnel>) -> bool {
        self.addresses.contains(&address(tunnel))
    }
}

fn address(tunnel: Pin<&Tunnel>) -> usize {
    std::ptr::from_ref(tunnel.get_ref()).addr()
}

pub fn main() {
    let mut library = Library::default();
    let mut tunnels: Vec<Pin<Box<Tunnel>>> = (0..3).map(|_| Box::pin(Tunnel::default())).collect();
    for tunnel in &tunnels {
        library.register(tunnel.as_ref());
    }

    library.unregister(tunnels[0].as_ref());
    tunnels.swap_remove(0);

    let packets: u32 = tunnels.iter().map(|tunnel| tunnel.packets).sum();
    let lost = tunnels
        .iter()
        .filter(|tunnel| !library.can_write_to(tunnel.as_ref()));
    match lost.count() {
        0 => println!("fine: both tunnels are where the library writes ({packets} packets so far)"),
        lost => println!("symptom: {lost} of 2 tunnels is not where the library writes"),
    }
}

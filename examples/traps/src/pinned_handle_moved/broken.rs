//! A VPN app opens tunnels with a C library, which keeps the address of each tunnel and writes its
//! packets there.
//!
//! The tunnels are in a `Vec`. Closing one moves another into its place, and the library goes on
//! writing to where that one was. (The library is a model that only compares addresses: the real
//! one would write into memory that is no longer the tunnel's.)
// ANCHOR: program
#[derive(Default)]
struct Tunnel {
    packets: u32,
}

/// Stands for the C library.
#[derive(Default)]
struct Library {
    addresses: Vec<usize>,
}

impl Library {
    fn register(&mut self, tunnel: &Tunnel) {
        self.addresses.push(address(tunnel));
    }

    fn unregister(&mut self, tunnel: &Tunnel) {
        let gone = address(tunnel);
        self.addresses.retain(|address| *address != gone);
    }

    fn can_write_to(&self, tunnel: &Tunnel) -> bool {
        self.addresses.contains(&address(tunnel))
    }
}

fn address(tunnel: &Tunnel) -> usize {
    std::ptr::from_ref(tunnel).addr()
}

pub fn main() {
    let mut library = Library::default();
    let mut tunnels: Vec<Tunnel> = (0..3).map(|_| Tunnel::default()).collect();
    for tunnel in &tunnels {
        library.register(tunnel);
    }

    library.unregister(&tunnels[0]);
    tunnels.swap_remove(0);

    let packets: u32 = tunnels.iter().map(|tunnel| tunnel.packets).sum();
    let lost = tunnels
        .iter()
        .filter(|tunnel| !library.can_write_to(tunnel));
    println!(
        "symptom: {} of 2 tunnels is not where the library writes ({packets} packets so far)",
        lost.count()
    );
}

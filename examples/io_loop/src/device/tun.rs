//! A TUN interface of this machine.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};

use super::FdDevice;

/// How a TUN interface is set up.
#[derive(Clone, Debug)]
pub struct TunOptions {
    /// Its name, which may be that of an interface that was made before.
    pub name: String,
    /// This machine's address on it and the length of its prefix. `None` leaves it as it is.
    pub address: Option<(Ipv4Addr, u8)>,
    /// The largest packet, in bytes.
    pub mtu: u16,
}

/// Opens a TUN interface, makes it if there is none of that name, and brings it up. It ends with the
/// device.
///
/// # Errors
///
/// The system's; [`io::ErrorKind::PermissionDenied`] without `CAP_NET_ADMIN`.
///
/// # Panics
///
/// Outside of a tokio runtime whose I/O is enabled.
pub fn open_tun(options: &TunOptions) -> io::Result<FdDevice> {
    let mut builder = tun_rs::DeviceBuilder::new()
        .name(&options.name)
        .mtu(options.mtu);
    if let Some((address, prefix)) = options.address {
        builder = builder.ipv4(address, prefix, None);
    }
    let device = builder.build_sync().map_err(|error| {
        let needs = match error.kind() {
            io::ErrorKind::PermissionDenied => "; it needs root, or CAP_NET_ADMIN",
            io::ErrorKind::NotFound => "; is the kernel's `tun` module there?",
            _ => "",
        };
        let name = &options.name;
        io::Error::new(
            error.kind(),
            format!("cannot open the TUN interface `{name}`: {error}{needs}"),
        )
    })?;
    // SAFETY: the device gives its descriptor up, and nobody else has it.
    let fd = unsafe { OwnedFd::from_raw_fd(device.into_raw_fd()) };
    FdDevice::new(fd, usize::from(options.mtu))
}

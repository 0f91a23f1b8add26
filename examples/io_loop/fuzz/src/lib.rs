//! What the fuzz targets call: each takes any bytes, and panics when a rule is broken.
//!
//! The same functions are called with the kept corpus by `tests/corpus.rs`, which needs no fuzzer.

mod packets;
mod turns;

use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use io_loop::classify::{Class, Rejected};
use io_loop::connector::wire::{self, Parsed, WireError};
use io_loop::dns::message::{self, Reply};

pub use turns::turns;

/// A packet from the device: whatever is accepted has two hosts, and a payload of its own.
pub fn classify(bytes: &[u8]) {
    let class = io_loop::classify::classify(bytes);
    match class {
        Ok(Class::Tcp { tuple, .. }) => hosts([tuple.app, tuple.target]),
        Ok(Class::Udp {
            app,
            target,
            payload,
        }) => {
            hosts([app, target]);
            assert!(bytes.as_ptr_range().contains(&payload.as_ptr()) || payload.is_empty());
            assert!(payload.len() <= bytes.len());
        }
        Ok(Class::Other) => assert!(!bytes.is_empty()),
        Err(Rejected::Malformed | Rejected::Fragment | Rejected::Address) => {}
    }
    // Nothing that was cut off can be taken for whole.
    if matches!(class, Ok(Class::Udp { .. })) && bytes.len() == packets::length(bytes) {
        let shorter = io_loop::classify::classify(&bytes[..bytes.len() - 1]);
        assert_eq!(shorter, Err(Rejected::Malformed));
    }
}

fn hosts(addresses: [SocketAddr; 2]) {
    for address in addresses {
        assert_ne!(address.port(), 0);
        assert!(!address.ip().is_unspecified() && !address.ip().is_multicast());
        assert_ne!(address.ip(), IpAddr::V4(Ipv4Addr::BROADCAST));
    }
    assert_eq!(addresses[0].is_ipv4(), addresses[1].is_ipv4());
}

/// A question from an application, and an answer from a server: every question that is taken can be
/// answered, and the answer says what was put into it.
pub fn dns(bytes: &[u8]) {
    let _ = message::answered(bytes);
    let Ok(question) = message::parse(bytes) else {
        return;
    };
    assert!(!question.name.is_empty() && question.name.is_ascii());
    let address = Ipv4Addr::new(198, 18, 1, 7);
    for reply in [
        Reply::Address(address, Duration::from_mins(1)),
        Reply::Empty,
        Reply::NoSuchName,
        Reply::Failed,
        Reply::NotImplemented,
    ] {
        let answer = question.reply(reply);
        assert_eq!(answer[..2], bytes[..2], "the id");
        let answered = message::answered(&answer);
        match reply {
            Reply::Address(..) => assert_eq!(answered.expect("an address"), address),
            _ => assert!(answered.is_err()),
        }
    }
}

/// What a proxy says: a parser never wants more than the message has, and never less than all of it.
pub fn socks5(bytes: &[u8]) {
    for with_password in [false, true] {
        is_exact(bytes, |bytes| wire::parse_method(bytes, with_password));
    }
    is_exact(bytes, wire::parse_password);
    is_exact(bytes, wire::parse_reply);
    if let Ok((_, payload)) = wire::parse_datagram(bytes) {
        assert!(payload <= bytes.len());
    }
}

fn is_exact<T: Debug + PartialEq>(
    bytes: &[u8],
    parse: impl Fn(&[u8]) -> Result<Parsed<T>, WireError>,
) {
    let Ok(Parsed::Done(_, len)) = parse(bytes) else {
        if let Ok(Parsed::Needs(needed)) = parse(bytes) {
            assert!(needed > bytes.len(), "it has what it needs");
        }
        return;
    };
    assert_eq!(parse(&bytes[..len]), parse(bytes), "what follows matters");
    // As it arrives, a byte at a time, a caller that reads what is needed reads just the message.
    for part in 0..len {
        match parse(&bytes[..part]) {
            Ok(Parsed::Needs(needed)) => assert!(part < needed && needed <= len),
            other => panic!("{part} of {len} bytes are {other:?}"),
        }
    }
}

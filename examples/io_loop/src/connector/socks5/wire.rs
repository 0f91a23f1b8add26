//! SOCKS5 messages (RFC 1928, RFC 1929), without any reading or writing.
//!
//! Replies come from outside, so each parser takes whatever bytes there are and says what it needs:
//! the caller never reads beyond a message, where the tunnelled data begins.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::connector::Target;

const VERSION: u8 = 5;
const AUTH_VERSION: u8 = 1;
const NO_AUTH: u8 = 0;
const PASSWORD: u8 = 2;
const IPV4: u8 = 1;
const DOMAIN: u8 = 3;
const IPV6: u8 = 4;

/// What a request asks the proxy for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// A connection to the target.
    Connect = 1,
    /// An association for datagrams.
    Associate = 3,
}

/// How far a message can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed<T> {
    /// The message has at least so many bytes in all.
    Needs(usize),
    /// The message, and how many bytes it has.
    Done(T, usize),
}

/// What a proxy said that cannot be gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// It does not speak SOCKS5.
    Version(u8),
    /// It accepts none of the offered ways to authenticate.
    NoMethod,
    /// It chose a way that was not offered.
    Method(u8),
    /// It did not accept the user or the password.
    Refused,
    /// It could not do what was asked for, with its code.
    Failed(u8),
    /// An address is of a kind that does not exist, or has a name that is none.
    Address,
    /// A datagram is too short or one of several fragments.
    Datagram,
    /// A name is too long to be asked for.
    Name,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "it answers with version {version}, not SOCKS5"),
            Self::NoMethod => f.write_str("it accepts none of our ways to authenticate"),
            Self::Method(method) => write!(f, "it chose method {method}, which was not offered"),
            Self::Refused => f.write_str("it does not accept the user or the password"),
            Self::Failed(code) => write!(f, "{} (code {code})", reason(*code)),
            Self::Address => f.write_str("it answers with an address that is none"),
            Self::Datagram => f.write_str("it sends a datagram that is none"),
            Self::Name => f.write_str("the target's name is longer than 255 bytes"),
        }
    }
}

impl std::error::Error for WireError {}

fn reason(code: u8) -> &'static str {
    match code {
        1 => "general failure of the proxy",
        2 => "not allowed by the proxy's rules",
        3 => "the network is unreachable",
        4 => "the host is unreachable",
        5 => "connection refused",
        6 => "the time to live expired",
        7 => "the proxy does not know the command",
        8 => "the proxy does not know the kind of address",
        _ => "unknown failure",
    }
}

/// An address in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An IP address and port.
    Ip(SocketAddr),
    /// A name and port.
    Name(String, u16),
}

/// The first message, which offers to authenticate or not to.
pub fn greeting(with_password: bool) -> &'static [u8] {
    if with_password {
        &[VERSION, 2, NO_AUTH, PASSWORD]
    } else {
        &[VERSION, 1, NO_AUTH]
    }
}

/// The answer to the greeting: whether the user and password are wanted.
///
/// # Errors
///
/// [`WireError`] if it is not SOCKS5, or nothing that was offered.
pub fn parse_method(bytes: &[u8], with_password: bool) -> Result<Parsed<bool>, WireError> {
    let &[version, method, ..] = bytes else {
        return Ok(Parsed::Needs(2));
    };
    match (version, method) {
        (VERSION, NO_AUTH) => Ok(Parsed::Done(false, 2)),
        (VERSION, PASSWORD) if with_password => Ok(Parsed::Done(true, 2)),
        (VERSION, 0xff) => Err(WireError::NoMethod),
        (VERSION, other) => Err(WireError::Method(other)),
        (other, _) => Err(WireError::Version(other)),
    }
}

/// The user and the password. Both have at most 255 bytes.
pub fn password(user: &[u8], password: &[u8]) -> Vec<u8> {
    let mut message = vec![AUTH_VERSION];
    for part in [user, password] {
        message.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        message.extend(part.iter().take(usize::from(u8::MAX)));
    }
    message
}

/// The answer to the password.
///
/// # Errors
///
/// [`WireError::Refused`] when it is not accepted.
pub fn parse_password(bytes: &[u8]) -> Result<Parsed<()>, WireError> {
    match bytes {
        [_, 0, ..] => Ok(Parsed::Done((), 2)),
        [_, _, ..] => Err(WireError::Refused),
        _ => Ok(Parsed::Needs(2)),
    }
}

/// A request.
///
/// # Errors
///
/// [`WireError::Name`] when the target's name is too long.
pub fn request(command: Command, target: &Target) -> Result<Vec<u8>, WireError> {
    let mut message = vec![VERSION, command as u8, 0];
    put_address(&mut message, target)?;
    Ok(message)
}

/// The answer to a request: the address that the proxy uses.
///
/// # Errors
///
/// [`WireError::Failed`] when it says so, and others when it makes no sense.
pub fn parse_reply(bytes: &[u8]) -> Result<Parsed<Address>, WireError> {
    match bytes {
        [version, ..] if *version != VERSION => return Err(WireError::Version(*version)),
        [_, code, ..] if *code != 0 => return Err(WireError::Failed(*code)),
        _ => {}
    }
    parse_address(bytes, 3)
}

/// The head of a datagram to or from the proxy, in front of its payload.
///
/// # Errors
///
/// [`WireError::Name`] when the target's name is too long.
pub fn datagram_head(target: &Target) -> Result<Vec<u8>, WireError> {
    let mut head = vec![0, 0, 0];
    put_address(&mut head, target)?;
    Ok(head)
}

/// Who sent a datagram that the proxy has passed on, and where its payload begins.
///
/// # Errors
///
/// [`WireError::Datagram`] when it is too short, or a fragment, which nobody has to support.
pub fn parse_datagram(bytes: &[u8]) -> Result<(Address, usize), WireError> {
    match bytes {
        [_, _, 0, ..] => match parse_address(bytes, 3)? {
            Parsed::Done(address, len) => Ok((address, len)),
            Parsed::Needs(_) => Err(WireError::Datagram),
        },
        _ => Err(WireError::Datagram),
    }
}

fn put_address(message: &mut Vec<u8>, target: &Target) -> Result<(), WireError> {
    let port = match target {
        Target::Address(address) => {
            match address.ip() {
                IpAddr::V4(ip) => {
                    message.push(IPV4);
                    message.extend(ip.octets());
                }
                IpAddr::V6(ip) => {
                    message.push(IPV6);
                    message.extend(ip.octets());
                }
            }
            address.port()
        }
        Target::Name { name, port, .. } => {
            let len = u8::try_from(name.len()).map_err(|_| WireError::Name)?;
            message.extend([DOMAIN, len]);
            message.extend(name.as_bytes());
            *port
        }
    };
    message.extend(port.to_be_bytes());
    Ok(())
}

/// An address that begins at `at` with its kind.
fn parse_address(bytes: &[u8], at: usize) -> Result<Parsed<Address>, WireError> {
    let Some(&kind) = bytes.get(at) else {
        // The kind, and the first byte behind it, which a name's length is in.
        return Ok(Parsed::Needs(at + 2));
    };
    let start = at + 1;
    let (start, len) = match kind {
        IPV4 => (start, 4),
        IPV6 => (start, 16),
        DOMAIN => match bytes.get(start) {
            Some(&len) => (start + 1, usize::from(len)),
            None => return Ok(Parsed::Needs(start + 1)),
        },
        _ => return Err(WireError::Address),
    };
    let end = start + len + 2;
    let Some(rest) = bytes.get(start..end) else {
        return Ok(Parsed::Needs(end));
    };
    let (host, port) = rest.split_at(len);
    let port = u16::from_be_bytes([port[0], port[1]]);
    let address = if let Ok(octets) = <[u8; 4]>::try_from(host)
        && kind == IPV4
    {
        Address::Ip(SocketAddr::from((Ipv4Addr::from(octets), port)))
    } else if let Ok(octets) = <[u8; 16]>::try_from(host)
        && kind == IPV6
    {
        Address::Ip(SocketAddr::from((Ipv6Addr::from(octets), port)))
    } else {
        let name = std::str::from_utf8(host).map_err(|_| WireError::Address)?;
        Address::Name(name.to_string(), port)
    };
    Ok(Parsed::Done(address, end))
}

#[cfg(test)]
mod tests {
    use super::{
        Address, Command, Parsed, WireError, datagram_head, parse_datagram, parse_method,
        parse_password, parse_reply, password, request,
    };
    use crate::connector::Target;

    fn targets() -> [(Target, Address); 3] {
        let v4 = "192.0.2.1:80".parse().unwrap();
        let v6 = "[2001:db8::1]:443".parse().unwrap();
        let name = Target::Name {
            name: "example.test".into(),
            addresses: Vec::new(),
            port: 53,
        };
        [
            (Target::Address(v4), Address::Ip(v4)),
            (Target::Address(v6), Address::Ip(v6)),
            (name, Address::Name("example.test".into(), 53)),
        ]
    }

    #[test]
    fn a_reply_is_read_byte_by_byte_and_no_further() {
        for (target, address) in targets() {
            // A request and its reply differ in one byte.
            let mut reply = request(Command::Connect, &target).unwrap();
            reply[1] = 0;
            let len = reply.len();
            reply.extend(b"tunnelled");
            for have in 0..len {
                match parse_reply(&reply[..have]) {
                    Ok(Parsed::Needs(needs)) => assert!(have < needs && needs <= len),
                    other => panic!("{have} of {len} bytes: {other:?}"),
                }
            }
            assert_eq!(parse_reply(&reply), Ok(Parsed::Done(address, len)));
        }
    }

    #[test]
    fn a_datagram_is_taken_apart() {
        for (target, address) in targets() {
            let mut datagram = datagram_head(&target).unwrap();
            let head = datagram.len();
            datagram.extend(b"payload");
            assert_eq!(parse_datagram(&datagram), Ok((address, head)));
            for short in 0..head {
                assert!(parse_datagram(&datagram[..short]).is_err());
            }
            datagram[2] = 1;
            assert_eq!(parse_datagram(&datagram), Err(WireError::Datagram));
        }
    }

    #[test]
    fn failures_are_told() {
        assert_eq!(parse_reply(&[5, 5]), Err(WireError::Failed(5)));
        assert_eq!(parse_reply(&[4]), Err(WireError::Version(4)));
        assert_eq!(parse_reply(&[5, 0, 0, 9]), Err(WireError::Address));
        assert_eq!(parse_method(&[5, 0xff], true), Err(WireError::NoMethod));
        assert_eq!(parse_method(&[5, 2], false), Err(WireError::Method(2)));
        assert_eq!(parse_method(&[5, 2], true), Ok(Parsed::Done(true, 2)));
        assert_eq!(parse_password(&[1, 1]), Err(WireError::Refused));
        assert_eq!(parse_password(&[1]), Ok(Parsed::Needs(2)));
        assert!(WireError::Failed(5).to_string().contains("refused"));
        let long = Target::Name {
            name: "x".repeat(256),
            addresses: Vec::new(),
            port: 1,
        };
        assert_eq!(request(Command::Connect, &long), Err(WireError::Name));
    }

    #[test]
    fn a_password_has_its_lengths() {
        assert_eq!(password(b"me", b"xyz"), b"\x01\x02me\x03xyz");
    }
}

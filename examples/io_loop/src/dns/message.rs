//! The questions that the interceptor takes, and its replies.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use simple_dns::rdata::{A, RData};
use simple_dns::{
    CLASS, Name, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, RCODE, ResourceRecord, TYPE,
};

/// The longest question that is looked at, in bytes. A name has at most 255.
const LONGEST: usize = 512;
const HEADER: usize = 12;

/// A question with its message's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    id: u16,
    recursion_desired: bool,
    qtype: QTYPE,
    qclass: QCLASS,
    /// The name as it was written, because some clients check its case in the reply.
    written: String,
    /// The name in lower case, without a dot at its end.
    pub name: String,
    /// What is asked for.
    pub kind: Kind,
}

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An IPv4 address.
    Address,
    /// Something that no name has here: an IPv6 address, or an HTTPS record, which leads to one.
    NoSuchRecord,
    /// Something else.
    Unsupported,
}

/// What is replied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// This address, for so long.
    Address(Ipv4Addr, Duration),
    /// There is no such record.
    Empty,
    /// There is no such name.
    NoSuchName,
    /// There is no answer now.
    Failed,
    /// Such questions are not answered.
    NotImplemented,
}

/// Not a question that can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Takes a question apart.
///
/// # Errors
///
/// [`Malformed`] for everything that is not a standard query with one question for a name that a
/// host can have.
pub fn parse(payload: &[u8]) -> Result<Question, Malformed> {
    if payload.len() < HEADER || payload.len() > LONGEST {
        return Err(Malformed);
    }
    let count = |at: usize| u16::from_be_bytes([payload[at], payload[at + 1]]);
    // Before the parser makes room for as many records as the header says.
    if count(4) != 1 || count(6) != 0 || count(8) != 0 || count(10) > 1 {
        return Err(Malformed);
    }
    let packet = Packet::parse(payload).map_err(|_| Malformed)?;
    if packet.has_flags(PacketFlag::RESPONSE) || packet.opcode() != OPCODE::StandardQuery {
        return Err(Malformed);
    }
    let [question] = &packet.questions[..] else {
        return Err(Malformed);
    };
    let written = question.qname.to_string();
    if written.is_empty() || written.len() > 253 || !is_host_name(&written) {
        return Err(Malformed);
    }
    let internet = matches!(question.qclass, QCLASS::CLASS(CLASS::IN) | QCLASS::ANY);
    let kind = match question.qtype {
        _ if !internet => Kind::Unsupported,
        QTYPE::TYPE(TYPE::A) | QTYPE::ANY => Kind::Address,
        QTYPE::TYPE(TYPE::AAAA | TYPE::HTTPS) => Kind::NoSuchRecord,
        _ => Kind::Unsupported,
    };
    Ok(Question {
        id: packet.id(),
        recursion_desired: packet.has_flags(PacketFlag::RECURSION_DESIRED),
        qtype: question.qtype,
        qclass: question.qclass,
        name: written.trim_end_matches('.').to_ascii_lowercase(),
        written,
        kind,
    })
}

/// Letters, digits, hyphens, dots, and the underscores of service names: nothing that could mean
/// something to whoever the name is handed to.
fn is_host_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

impl Question {
    /// A reply as a message.
    pub fn reply(&self, reply: Reply) -> Vec<u8> {
        let mut packet = Packet::new_reply(self.id);
        packet.set_flags(PacketFlag::RECURSION_AVAILABLE);
        if self.recursion_desired {
            packet.set_flags(PacketFlag::RECURSION_DESIRED);
        }
        // Read from a message, so it can be written into one.
        let name = Name::new_unchecked(&self.written);
        packet.questions.push(simple_dns::Question::new(
            name.clone(),
            self.qtype,
            self.qclass,
            false,
        ));
        *packet.rcode_mut() = match reply {
            Reply::Address(..) | Reply::Empty => RCODE::NoError,
            Reply::NoSuchName => RCODE::NameError,
            Reply::Failed => RCODE::ServerFailure,
            Reply::NotImplemented => RCODE::NotImplemented,
        };
        if let Reply::Address(address, ttl) = reply {
            packet.answers.push(ResourceRecord::new(
                name,
                CLASS::IN,
                u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX),
                RData::A(A::from(address)),
            ));
        }
        // Writing to memory does not fail; an empty message would be dropped by its receiver.
        packet.build_bytes_vec_compressed().unwrap_or_default()
    }
}

/// A question for the IPv4 address of a name, as an application asks it.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] when the name is none.
pub fn question(name: &str) -> io::Result<Vec<u8>> {
    ask(name, TYPE::A)
}

fn ask(name: &str, kind: TYPE) -> io::Result<Vec<u8>> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, format!("`{name}`: {error}"));
    let mut packet = Packet::new_query(7);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    packet.questions.push(simple_dns::Question::new(
        Name::new(name).map_err(invalid)?,
        QTYPE::TYPE(kind),
        QCLASS::CLASS(CLASS::IN),
        false,
    ));
    packet.build_bytes_vec().map_err(invalid)
}

/// The IPv4 address in an answer.
///
/// # Errors
///
/// [`io::ErrorKind::NotFound`] when there is none, [`io::ErrorKind::InvalidData`] when it is no
/// answer, and [`io::ErrorKind::Other`] with the server's code.
pub fn answered(answer: &[u8]) -> io::Result<Ipv4Addr> {
    let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, format!("{error}"));
    let packet = Packet::parse(answer).map_err(invalid)?;
    match packet.rcode() {
        RCODE::NoError => {}
        RCODE::NameError => return Err(io::ErrorKind::NotFound.into()),
        code => return Err(io::Error::other(format!("the DNS server says {code:?}"))),
    }
    let address = packet
        .answers
        .iter()
        .find_map(|record| match &record.rdata {
            RData::A(found) => Some(Ipv4Addr::from(found.address)),
            _ => None,
        });
    address.ok_or_else(|| io::ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use simple_dns::{Packet, RCODE, TYPE};

    use super::{Kind, Malformed, Reply, answered, ask, parse};

    fn query(name: &str, kind: TYPE) -> Vec<u8> {
        ask(name, kind).unwrap()
    }

    #[test]
    fn a_question_is_taken_apart_and_answered() {
        let question = parse(&query("Example.test", TYPE::A)).unwrap();
        assert_eq!(question.name, "example.test");
        assert_eq!(question.kind, Kind::Address);

        let address = Ipv4Addr::new(198, 18, 1, 7);
        let reply = question.reply(Reply::Address(address, Duration::from_mins(1)));
        assert_eq!(answered(&reply).unwrap(), address);
        let reply = Packet::parse(&reply).unwrap();
        assert_eq!((reply.id(), reply.rcode()), (7, RCODE::NoError));
        assert_eq!(reply.questions[0].qname.to_string(), "Example.test");
        assert_eq!(reply.answers[0].ttl, 60);
    }

    #[test]
    fn failures_have_their_codes() {
        let question = parse(&query("example.test", TYPE::A)).unwrap();
        for (reply, code) in [
            (Reply::Empty, RCODE::NoError),
            (Reply::NoSuchName, RCODE::NameError),
            (Reply::Failed, RCODE::ServerFailure),
            (Reply::NotImplemented, RCODE::NotImplemented),
        ] {
            let message = question.reply(reply);
            let message = Packet::parse(&message).unwrap();
            assert_eq!((message.rcode(), message.answers.len()), (code, 0));
        }
    }

    #[test]
    fn other_records_are_told_apart() {
        let kind = |of| parse(&query("example.test", of)).unwrap().kind;
        assert_eq!(kind(TYPE::AAAA), Kind::NoSuchRecord);
        assert_eq!(kind(TYPE::HTTPS), Kind::NoSuchRecord);
        assert_eq!(kind(TYPE::TXT), Kind::Unsupported);
    }

    #[test]
    fn what_is_no_question_is_malformed() {
        let good = query("example.test", TYPE::A);
        for len in 0..good.len() {
            assert_eq!(parse(&good[..len]), Err(Malformed), "{len} bytes");
        }
        let mut response = good.clone();
        response[2] |= 0x80;
        assert_eq!(parse(&response), Err(Malformed));
        let mut many = good.clone();
        many[6..8].copy_from_slice(&u16::MAX.to_be_bytes());
        assert_eq!(parse(&many), Err(Malformed));
        let mut control = good;
        control[13] = b'\n';
        assert_eq!(parse(&control), Err(Malformed));
        assert_eq!(parse(&[0; 1024]), Err(Malformed));
    }
}

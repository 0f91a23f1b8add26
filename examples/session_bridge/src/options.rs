//! What a start is told. Hosts give numbers; here they are checked and become a [`Forwarder`].

use std::time::Duration;

use async_patterns::session::{ErrorCode, LastError};

use crate::forwarder::{Fault, Forwarder, Packets};

/// How a session is started. Set `struct_size` to the size of this struct and the rest to zero, and
/// change what you want otherwise.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Options {
    /// The size of this struct in bytes, by which the library knows what it was compiled with.
    pub struct_size: u32,
    /// Where packets come from: a `session_bridge_device`.
    pub device: i32,
    /// For the descriptor device: each read is an IP packet and each write another. It is
    /// duplicated before the start returns and never closed, so the caller keeps its own.
    pub descriptor: i32,
    /// The largest packet in bytes, 576 to 9000; 0 is 1500.
    pub mtu: u32,
    /// For the memory device: how many flows the applications open, at most 256; 0 is 4.
    pub flows: u32,
    /// What is to go wrong, for tests of the host: a `session_bridge_fault`.
    pub fault: i32,
    /// When it goes wrong, in milliseconds from the start.
    pub fault_after_ms: u32,
}

/// Where a session's packets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum DeviceKind {
    /// Applications and servers inside the session: nothing to set up.
    Memory = 0,
    /// The descriptor that is handed in.
    Descriptor = 1,
}

/// What is to go wrong, for tests of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum FaultKind {
    /// Nothing.
    None = 0,
    /// The session's body panics after `fault_after_ms`.
    Panic = 1,
    /// The call of start itself panics.
    PanicInCall = 2,
    /// The body does not hear a request to stop for `fault_after_ms`.
    Deaf = 3,
}

/// Where smoltcp and the forwarder are tested.
const MTU: std::ops::RangeInclusive<u32> = 576..=9000;
const DEFAULT_MTU: u32 = 1500;
const MOST_FLOWS: u32 = 256;
const DEFAULT_FLOWS: u32 = 4;

impl Options {
    /// The size of this version of the struct.
    #[expect(clippy::cast_possible_truncation, reason = "the struct has 28 bytes")]
    pub const SIZE: u32 = size_of::<Self>() as u32;

    /// What these options ask for.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`] names the field, its value and the values that there are.
    ///
    /// # Panics
    ///
    /// For [`FaultKind::PanicInCall`], which is what it is for.
    pub fn forwarder(&self) -> Result<Forwarder, LastError> {
        check_size("options", self.struct_size, Self::SIZE)?;
        let mtu = or_default(self.mtu, DEFAULT_MTU);
        if !MTU.contains(&mtu) {
            let (least, most) = (MTU.start(), MTU.end());
            return Err(invalid(format!(
                "mtu {mtu} is out of range; use {least} to {most}, or 0 for {DEFAULT_MTU}"
            )));
        }
        let flows = or_default(self.flows, DEFAULT_FLOWS);
        if flows > MOST_FLOWS {
            return Err(invalid(format!(
                "{flows} flows are too many; use at most {MOST_FLOWS}, or 0 for {DEFAULT_FLOWS}"
            )));
        }
        let packets = match self.device {
            0 => Packets::Memory { flows },
            1 => Packets::Descriptor(self.descriptor),
            other => {
                return Err(invalid(format!(
                    "there is no device {other}; use 0 (memory) or 1 (descriptor)"
                )));
            }
        };
        let after = Duration::from_millis(self.fault_after_ms.into());
        let fault = match self.fault {
            0 => None,
            1 => Some(Fault::Panic(after)),
            2 => panic!("the call panicked, as its options asked"),
            3 => Some(Fault::Deaf(after)),
            other => {
                return Err(invalid(format!(
                    "there is no fault {other}; use 0 (none), 1 (panic), 2 (panic in the call) \
                     or 3 (deaf)"
                )));
            }
        };
        Ok(Forwarder {
            packets,
            mtu,
            fault,
        })
    }
}

impl Default for Options {
    /// The memory device and nothing that goes wrong.
    fn default() -> Self {
        Self {
            struct_size: Self::SIZE,
            device: DeviceKind::Memory as i32,
            descriptor: -1,
            mtu: 0,
            flows: 0,
            fault: FaultKind::None as i32,
            fault_after_ms: 0,
        }
    }
}

fn or_default(value: u32, default: u32) -> u32 {
    if value == 0 { default } else { value }
}

/// An argument that can never be right.
pub(crate) fn invalid(message: impl Into<String>) -> LastError {
    LastError::new(ErrorCode::InvalidArgument, message.into())
}

/// Refuses a struct of another version.
pub(crate) fn check_size(what: &str, given: u32, ours: u32) -> Result<(), LastError> {
    if given == ours {
        return Ok(());
    }
    Err(invalid(format!(
        "struct_size of the {what} is {given}, and this library's is {ours}: set it to the size of \
         the struct, and compile with the header of this library"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(options: Options) -> String {
        let error = options.forwarder().unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
        error.message().to_owned()
    }

    #[test]
    fn zeros_are_defaults() {
        let forwarder = Options::default().forwarder().unwrap();
        assert_eq!(forwarder.mtu, 1500);
        assert_eq!(forwarder.packets, Packets::Memory { flows: 4 });
        assert_eq!(forwarder.descriptor(), None);
        assert_eq!(forwarder.fault, None);
    }

    #[test]
    fn kinds_are_the_numbers_that_are_checked_for() {
        let device = |kind: DeviceKind| {
            let options = Options {
                device: kind as i32,
                descriptor: 9,
                ..Options::default()
            };
            options.forwarder().unwrap().descriptor()
        };
        assert_eq!(device(DeviceKind::Memory), None);
        assert_eq!(device(DeviceKind::Descriptor), Some(9));
        let fault = |kind: FaultKind| {
            let options = Options {
                fault: kind as i32,
                fault_after_ms: 5,
                ..Options::default()
            };
            options.forwarder().unwrap().fault
        };
        let after = Duration::from_millis(5);
        assert_eq!(fault(FaultKind::None), None);
        assert_eq!(fault(FaultKind::Panic), Some(Fault::Panic(after)));
        assert_eq!(fault(FaultKind::Deaf), Some(Fault::Deaf(after)));
    }

    #[test]
    #[should_panic(expected = "as its options asked")]
    fn a_panic_in_the_call_is_one() {
        let options = Options {
            fault: FaultKind::PanicInCall as i32,
            ..Options::default()
        };
        let _ = options.forwarder();
    }

    #[test]
    fn what_can_never_be_right_is_named() {
        let good = Options::default();
        for (options, part) in [
            (
                Options {
                    struct_size: 24,
                    ..good
                },
                "struct_size of the options is 24, and this library's is 28",
            ),
            (Options { mtu: 575, ..good }, "use 576 to 9000"),
            (Options { mtu: 9001, ..good }, "mtu 9001"),
            (Options { flows: 257, ..good }, "at most 256"),
            (Options { device: 2, ..good }, "no device 2"),
            (Options { fault: -1, ..good }, "no fault -1"),
        ] {
            let message = refused(options);
            assert!(message.contains(part), "{message}");
        }
    }
}

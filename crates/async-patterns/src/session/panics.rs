//! Catching a panic and telling what it said, without a second panic on the way.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::panics::{discard, payload_text};

/// Runs `f`; a panic becomes its message.
///
/// The panic hook is left alone: it has already run, and printed, when the unwinding gets here.
pub(super) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        let message = payload_text(payload.as_ref()).to_owned();
        discard(payload);
        message
    })
}

#[cfg(all(test, not(async_patterns_loom)))]
mod tests {
    use super::*;
    use std::panic::panic_any;

    #[test]
    fn messages_of_all_kinds_of_payload() {
        assert_eq!(catch(|| 7), Ok(7));
        assert_eq!(catch(|| panic!("plain")), Err::<(), _>("plain".into()));
        let n = 3;
        assert_eq!(
            catch(|| panic!("with {n} parts")),
            Err::<(), _>("with 3 parts".into())
        );
        assert_eq!(
            catch(|| panic_any(5_u8)),
            Err::<(), _>("(a panic payload that is not text)".into())
        );
    }

    #[test]
    fn a_payload_that_panics_when_dropped_stays_inside() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic_any(Bomb);
            }
        }
        assert!(catch(|| panic_any(Bomb)).is_err());
    }
}

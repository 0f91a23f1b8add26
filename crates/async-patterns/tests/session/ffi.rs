//! Exported functions out of which nothing unwinds.

use std::panic::panic_any;
use std::thread;

use async_patterns::session::{
    ErrorCode, LastError, SessionError, SessionHandle, ffi_guard, ffi_guard_with, last_error,
    set_last_error, take_last_error,
};

/// As a C host would call it: a panic that left this frame would abort the test.
extern "C" fn exported(what: i32) -> i64 {
    ffi_guard(-1, || match what {
        0 => Ok(7),
        1 => Err(LastError::new(ErrorCode::InvalidArgument, "one")),
        2 => {
            SessionHandle::try_from(0_u64)?;
            Ok(0)
        }
        3 => panic!("three"),
        4 => panic!("{}", what.to_string()),
        _ => panic_any(what),
    })
}

#[test]
fn values_errors_and_panics_of_every_kind() {
    assert_eq!(exported(0), 7);
    assert_eq!(last_error(), None);
    for (what, code, message) in [
        (1, ErrorCode::InvalidArgument, "one".to_owned()),
        (
            2,
            ErrorCode::InvalidHandle,
            SessionError::InvalidHandle { raw: 0 }.to_string(),
        ),
        (3, ErrorCode::Panicked, "three".to_owned()),
        (4, ErrorCode::Panicked, "4".to_owned()),
        (
            5,
            ErrorCode::Panicked,
            "(a panic payload that is not text)".to_owned(),
        ),
    ] {
        assert_eq!(exported(what), -1);
        assert_eq!(last_error(), Some(LastError::new(code, message)));
    }
    // Like errno: a success leaves it, only the host forgets it.
    assert_eq!(exported(0), 7);
    assert!(take_last_error().is_some());
    assert_eq!(last_error(), None);
}

#[test]
fn guards_nest() {
    extern "C" fn outer() -> i64 {
        ffi_guard(-2, || {
            let inner = exported(3);
            assert_eq!(last_error().unwrap().message(), "three");
            assert_eq!(inner, -1);
            Ok(inner)
        })
    }
    assert_eq!(outer(), -1, "the outer function went on");
    assert_eq!(last_error().unwrap().message(), "three");

    let value = ffi_guard(-2, || {
        exported(3);
        panic!("outer")
    });
    assert_eq!(value, -2);
    assert_eq!(last_error().unwrap().message(), "outer");
}

#[test]
fn each_thread_has_its_own_last_error() {
    set_last_error(LastError::new(ErrorCode::Failed, "here"));
    thread::spawn(|| {
        assert_eq!(last_error(), None);
        exported(1);
        assert_eq!(last_error().unwrap().message(), "one");
    })
    .join()
    .unwrap();
    assert_eq!(last_error().unwrap().message(), "here");
}

#[test]
fn the_error_value_can_be_made_from_the_error() {
    let code = |panics: bool| {
        ffi_guard_with(
            |error| error.code() as i32,
            || {
                assert!(!panics, "on demand");
                Err(SessionError::RuntimeGone.into())
            },
        )
    };
    assert_eq!(code(false), ErrorCode::RuntimeGone as i32);
    assert_eq!(code(true), ErrorCode::Panicked as i32);
}

#[test]
fn an_error_whose_message_panics_is_a_panic() {
    #[derive(Debug)]
    struct Mute;
    impl std::fmt::Display for Mute {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no message")
        }
    }
    impl std::error::Error for Mute {}

    assert!(!ffi_guard(false, || Err(Mute)?));
    assert_eq!(last_error().unwrap().message(), "no message");
}

#[test]
fn a_guard_in_the_destructor_of_a_thread_local_works() {
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            assert_eq!(exported(3), -1);
            let _ = (last_error(), take_last_error());
        }
    }
    thread_local!(static LATE: Late = const { Late });

    // A panic in a thread-local's destructor aborts, so reaching the end is the proof.
    thread::spawn(|| {
        LATE.with(|_| ());
        exported(1);
    })
    .join()
    .unwrap();
}

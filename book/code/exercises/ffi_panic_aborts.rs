use async_patterns::session::{ErrorCode, LastError, ffi_guard, last_error};

// ANCHOR: solution
/// What the C header declares: the message's number, or -1; the reason is the thread's last error.
///
/// # Safety
///
/// `message` points to `length` readable bytes.
unsafe extern "C" fn message_number(message: *const u8, length: usize) -> i32 {
    ffi_guard(-1, || {
        if message.is_null() {
            return Err(LastError::new(
                ErrorCode::Failed,
                "the message is a null pointer",
            ));
        }
        // SAFETY: the caller sees to it.
        let message = unsafe { std::slice::from_raw_parts(message, length) };
        Ok(i32::from(message[0])) // panics for an empty message, and the guard catches it
    })
}
// ANCHOR_END: solution

#[test]
fn errors_and_panics_are_told_and_nobody_dies() {
    let number = |message: &[u8]| {
        // SAFETY: both come from one slice.
        unsafe { message_number(message.as_ptr(), message.len()) }
    };
    assert_eq!(number(&[7]), 7);
    assert_eq!(number(&[]), -1);
    assert_eq!(last_error().unwrap().code(), ErrorCode::Panicked);
    // SAFETY: nothing is read through a null pointer.
    assert_eq!(unsafe { message_number(std::ptr::null(), 0) }, -1);
    assert_eq!(
        last_error().unwrap().message(),
        "the message is a null pointer"
    );
}

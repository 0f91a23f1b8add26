//! The whole loop, a few packets at a time.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::turns(bytes));

//! The packet classifier.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::classify(bytes));

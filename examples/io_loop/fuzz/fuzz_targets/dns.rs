//! DNS questions and answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::dns(bytes));

//! What a SOCKS5 proxy says.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entries::socks5(bytes));

//! The `sink` module.

//! The `stream` module.

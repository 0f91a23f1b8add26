//! The `poll` module.

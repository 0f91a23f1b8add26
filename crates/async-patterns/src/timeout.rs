//! The `timeout` module.

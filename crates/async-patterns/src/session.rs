//! The `session` module.

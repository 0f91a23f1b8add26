//! The `size` module.

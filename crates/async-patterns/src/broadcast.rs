//! The `broadcast` module.

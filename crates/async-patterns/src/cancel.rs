//! The `cancel` module.

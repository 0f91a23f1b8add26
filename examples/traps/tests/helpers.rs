//! The items that `traps.toml` names as what to write instead: that this compiles is the test.

#![expect(unused_imports, reason = "the imports are what is tested")]

use async_patterns::timeout::blocking_timeout as _;

//! The items that `traps.toml` names as what to write instead: that this compiles is the test.

#![expect(unused_imports, reason = "the imports are what is tested")]

use async_patterns::broadcast::LagAware as _;
use async_patterns::cancel::CancelDebug as _;
use async_patterns::session::ffi_guard as _;
use async_patterns::stream::SpawnBufferedExt as _;
use async_patterns::sync::CancelPoisonMutex as _;
use async_patterns::task::TaskScope as _;
use async_patterns::task::spawn_cancellable_blocking as _;
use async_patterns::task::spawn_dedicated as _;
use async_patterns::timeout::FusedTimeout as _;
use async_patterns::timeout::blocking_timeout as _;

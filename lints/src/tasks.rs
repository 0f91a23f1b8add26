//! Lints about tasks.

mod send_variants;
mod spawn_needs_send_variant;

pub(crate) use spawn_needs_send_variant::SpawnNeedsSendVariant;

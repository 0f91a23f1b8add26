//! Chapter "Streams": the adapters that run futures concurrently, and who polls them when.

#[cfg(test)]
mod tests;

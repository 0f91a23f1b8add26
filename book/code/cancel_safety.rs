//! Chapter "Cancel safety, operation by operation": rows of its table, each shown.

#[cfg(test)]
mod tests;

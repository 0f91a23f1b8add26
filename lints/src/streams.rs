//! Lints about streams.

mod buffered_stream_stall;

pub(crate) use buffered_stream_stall::BufferedStreamStall;

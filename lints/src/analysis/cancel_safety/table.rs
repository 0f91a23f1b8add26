//! What the documentation of tokio, tokio-util, tokio-stream and futures says of their own futures.
//!
//! The sources: the section "Cancellation safety" of `tokio::select!`, the `# Cancel safety`
//! sections of the methods (tokio 1.54, tokio-util 0.7.20, tokio-stream 0.1.19), and that of
//! `tokio_util::codec::Framed` for `SinkExt::send`. futures 0.3 documents none; its methods are
//! listed where they are written like tokio's. `async_channel` and `flume`: their `send` keeps the
//! message in its future, as the types say.

use rustc_data_structures::fx::FxHashMap;
use rustc_hir::def_id::DefId;

use crate::paths::Resolver;

/// What is lost when a future is dropped half way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Loss {
    BytesRead,
    PartWritten,
    PartCopied,
    Message,
    Item,
    Connection,
    Unsent,
    /// The configuration says so and not what.
    Something,
}

impl Loss {
    /// What it is called as the subject of a sentence, and whether that is a plural.
    pub(crate) fn name(self) -> (&'static str, bool) {
        match self {
            Self::BytesRead => ("bytes already read", true),
            Self::PartWritten => ("the mark how much of the data was written", false),
            Self::PartCopied => ("bytes already read and not yet written", true),
            Self::Message => ("a message already received", false),
            Self::Item => ("an item already taken from its stream", false),
            Self::Connection => ("a connection already accepted", false),
            Self::Unsent => ("the message that was to be sent", false),
            Self::Something => ("what was done so far", false),
        }
    }

    /// The name under which it is kept in the facts of a crate.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::BytesRead => "bytes_read",
            Self::PartWritten => "part_written",
            Self::PartCopied => "part_copied",
            Self::Message => "message",
            Self::Item => "item",
            Self::Connection => "connection",
            Self::Unsent => "unsent",
            Self::Something => "something",
        }
    }

    pub(crate) fn from_key(key: &str) -> Option<Self> {
        [
            Self::BytesRead,
            Self::PartWritten,
            Self::PartCopied,
            Self::Message,
            Self::Item,
            Self::Connection,
            Self::Unsent,
            Self::Something,
        ]
        .into_iter()
        .find(|loss| loss.key() == key)
    }
}

/// What a call that makes a future says about it. Numbers are positions of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Loses data of what is behind the argument.
    Loses(Loss, usize),
    /// Moves data from one argument to another and may hold some of it.
    Copies,
    /// Puts data into a buffer bit by bit: they are lost only with the buffer.
    Fills { buffer: usize },
    /// Is safe, and gives out what it took.
    Takes(Loss),
    /// Is safe, and leaves what it took in a buffer.
    TakesInto {
        loss: Loss,
        buffer: usize,
        /// What was in the buffer before is not wanted any more.
        overwrites: bool,
    },
    /// Owns a message until it is sent.
    Sends { message: usize },
    /// Only the place in a queue is lost.
    QueuePlace,
}

const READ_NUMBERS: &[&str] = &[
    "u16", "i16", "u32", "i32", "u64", "i64", "u128", "i128", "f32", "f64", "u16_le", "i16_le",
    "u32_le", "i32_le", "u64_le", "i64_le", "u128_le", "i128_le", "f32_le", "f64_le",
];

const KNOWN: &[(Answer, &[&str])] = &[
    (
        Answer::Loses(Loss::BytesRead, 0),
        &[
            "tokio::io::AsyncReadExt::read_exact",
            "tokio::io::AsyncReadExt::read_to_end",
            "tokio::io::AsyncReadExt::read_to_string",
            "tokio::io::AsyncBufReadExt::read_line",
            "futures_util::io::AsyncReadExt::read_exact",
            "futures_util::io::AsyncReadExt::read_to_end",
            "futures_util::io::AsyncReadExt::read_to_string",
            "futures_util::io::AsyncBufReadExt::read_line",
        ],
    ),
    (
        Answer::Loses(Loss::PartWritten, 0),
        &[
            "tokio::io::AsyncWriteExt::write_all",
            "tokio_util::io::write_all_vectored",
            "futures_util::io::AsyncWriteExt::write_all",
        ],
    ),
    (
        Answer::Loses(Loss::Item, 0),
        &["tokio_util::task::JoinQueue::join_all"],
    ),
    (
        Answer::Copies,
        &[
            "tokio::io::copy",
            "tokio::io::copy_bidirectional",
            "tokio::io::copy_bidirectional_with_sizes",
            "futures_util::io::copy",
            "futures_util::sink::SinkExt::send_all",
        ],
    ),
    (
        Answer::Fills { buffer: 2 },
        &[
            "tokio::io::AsyncBufReadExt::read_until",
            "futures_util::io::AsyncBufReadExt::read_until",
        ],
    ),
    (
        Answer::Takes(Loss::Message),
        &[
            "tokio::sync::mpsc::Receiver::recv",
            "tokio::sync::mpsc::UnboundedReceiver::recv",
            "tokio::sync::broadcast::Receiver::recv",
            "async_channel::Receiver::recv",
            "flume::Receiver::recv_async",
        ],
    ),
    (
        Answer::Takes(Loss::Item),
        &[
            "futures_util::stream::StreamExt::next",
            "futures_util::stream::StreamExt::select_next_some",
            "futures_util::stream::TryStreamExt::try_next",
            "tokio_stream::StreamExt::next",
            "tokio_stream::StreamExt::try_next",
            "tokio::io::Lines::next_line",
            "tokio::io::Split::next_segment",
            "tokio::task::JoinSet::join_next",
            "tokio::task::JoinSet::join_next_with_id",
            "tokio_util::task::JoinMap::join_next",
            "tokio_util::task::JoinQueue::join_next",
        ],
    ),
    (
        Answer::Takes(Loss::BytesRead),
        &[
            "tokio::io::AsyncReadExt::read_u8",
            "tokio::io::AsyncReadExt::read_i8",
        ],
    ),
    (
        Answer::Takes(Loss::Connection),
        &[
            "tokio::net::TcpListener::accept",
            "tokio::net::UnixListener::accept",
        ],
    ),
    (
        Answer::TakesInto {
            loss: Loss::BytesRead,
            buffer: 1,
            overwrites: false,
        },
        &["tokio::io::AsyncReadExt::read_buf"],
    ),
    (
        Answer::TakesInto {
            loss: Loss::BytesRead,
            buffer: 1,
            overwrites: true,
        },
        &[
            "tokio::io::AsyncReadExt::read",
            "futures_util::io::AsyncReadExt::read",
        ],
    ),
    (
        Answer::TakesInto {
            loss: Loss::Message,
            buffer: 1,
            overwrites: false,
        },
        &[
            "tokio::sync::mpsc::Receiver::recv_many",
            "tokio::sync::mpsc::UnboundedReceiver::recv_many",
            "tokio::net::UdpSocket::recv_buf",
            "tokio::net::UdpSocket::recv_buf_from",
        ],
    ),
    (
        Answer::TakesInto {
            loss: Loss::Message,
            buffer: 1,
            overwrites: true,
        },
        &[
            "tokio::net::UdpSocket::recv",
            "tokio::net::UdpSocket::recv_from",
            "tokio::net::UnixDatagram::recv",
            "tokio::net::UnixDatagram::recv_from",
        ],
    ),
    (
        Answer::Sends { message: 1 },
        &[
            "tokio::sync::mpsc::Sender::send",
            "tokio::sync::mpsc::Sender::send_timeout",
            "futures_util::sink::SinkExt::send",
            "futures_util::sink::SinkExt::feed",
            "async_channel::Sender::send",
            "flume::Sender::send_async",
        ],
    ),
    (
        Answer::QueuePlace,
        &[
            "tokio::sync::Mutex::lock",
            "tokio::sync::Mutex::lock_owned",
            "tokio::sync::RwLock::read",
            "tokio::sync::RwLock::read_owned",
            "tokio::sync::RwLock::write",
            "tokio::sync::RwLock::write_owned",
            "tokio::sync::Semaphore::acquire",
            "tokio::sync::Semaphore::acquire_many",
            "tokio::sync::Semaphore::acquire_owned",
            "tokio::sync::Semaphore::acquire_many_owned",
        ],
    ),
];

/// The answers, by the function that makes the future.
pub(crate) struct Table {
    answers: FxHashMap<DefId, Answer>,
}

impl Table {
    pub(crate) fn new(paths: &Resolver<'_>) -> Self {
        let numbers = READ_NUMBERS.iter().map(|number| {
            (
                Answer::Loses(Loss::BytesRead, 0),
                format!("tokio::io::AsyncReadExt::read_{number}"),
            )
        });
        let known = KNOWN
            .iter()
            .flat_map(|&(answer, list)| list.iter().map(move |path| (answer, (*path).to_owned())));
        let mut answers = FxHashMap::default();
        for (answer, path) in known.chain(numbers) {
            for function in paths.items(&path) {
                answers.insert(function, answer);
            }
        }
        Self { answers }
    }

    pub(crate) fn answer(&self, function: DefId) -> Option<Answer> {
        self.answers.get(&function).copied()
    }
}

//! Calls that block the calling thread or take long to compute: the one list of them.

use rustc_hir::def_id::{DefId, DefIdSet};
use rustc_middle::ty::{Ty, TyCtxt};

use super::{bodies::Callee, origin::holds};
use crate::{
    config::{Config, ItemPath},
    paths::Resolver,
};

/// What a call costs the thread that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Waits for something outside the program, or for another thread: time without a bound.
    Waits,
    /// Reads or writes the file system: usually short, at times not.
    UsesFiles,
    /// Computes for long.
    Computes,
}

/// The `send` of crossbeam's and flume's channels is not here: one type stands for bounded and
/// unbounded channels, and the latter's never waits.
const WAITS: &[&str] = &[
    "std::thread::sleep",
    "std::thread::sleep_ms",
    "std::thread::sleep_until",
    "std::thread::park",
    "std::thread::park_timeout",
    "std::thread::JoinHandle::join",
    "std::thread::ScopedJoinHandle::join",
    "std::sync::mpsc::Receiver::recv",
    "std::sync::mpsc::Receiver::recv_timeout",
    "std::sync::mpsc::Receiver::iter",
    "std::sync::mpsc::SyncSender::send",
    "std::sync::Condvar::wait",
    "std::sync::Condvar::wait_while",
    "std::sync::Condvar::wait_timeout",
    "std::sync::Condvar::wait_timeout_ms",
    "std::sync::Condvar::wait_timeout_while",
    "std::sync::Barrier::wait",
    "std::process::Command::output",
    "std::process::Command::status",
    "std::process::Child::wait",
    "std::process::Child::wait_with_output",
    "std::net::TcpStream::connect",
    "std::net::TcpStream::connect_timeout",
    "std::net::TcpListener::accept",
    "std::net::TcpListener::incoming",
    "std::net::UdpSocket::recv",
    "std::net::UdpSocket::recv_from",
    "std::net::UdpSocket::peek",
    "std::net::UdpSocket::peek_from",
    "std::net::ToSocketAddrs::to_socket_addrs",
    "std::os::unix::net::UnixStream::connect",
    "std::os::unix::net::UnixListener::accept",
    "std::os::unix::net::UnixDatagram::recv",
    "std::os::unix::net::UnixDatagram::recv_from",
    "std::io::Stdin::read_line",
    "std::io::Stdin::lines",
    "tokio::runtime::Handle::block_on",
    "tokio::runtime::Runtime::block_on",
    "tokio::sync::mpsc::Receiver::blocking_recv",
    "tokio::sync::mpsc::Receiver::blocking_recv_many",
    "tokio::sync::mpsc::UnboundedReceiver::blocking_recv",
    "tokio::sync::mpsc::UnboundedReceiver::blocking_recv_many",
    "tokio::sync::mpsc::Sender::blocking_send",
    "tokio::sync::broadcast::Receiver::blocking_recv",
    "tokio::sync::oneshot::Receiver::blocking_recv",
    "tokio::sync::Mutex::blocking_lock",
    "tokio::sync::Mutex::blocking_lock_owned",
    "tokio::sync::RwLock::blocking_read",
    "tokio::sync::RwLock::blocking_write",
    "futures_executor::block_on",
    "futures_executor::block_on_stream",
    "futures_lite::future::block_on",
    "async_io::block_on",
    "pollster::block_on",
    "parking_lot::Condvar::wait",
    "parking_lot::Condvar::wait_while",
    "parking_lot::Condvar::wait_for",
    "parking_lot::Condvar::wait_until",
    "crossbeam_channel::Receiver::recv",
    "crossbeam_channel::Receiver::recv_timeout",
    "crossbeam_utils::sync::WaitGroup::wait",
    "flume::Receiver::recv",
    "flume::Receiver::recv_timeout",
    "async_channel::Receiver::recv_blocking",
    "async_channel::Sender::send_blocking",
    "reqwest::blocking::get",
    "reqwest::blocking::Client::execute",
    "reqwest::blocking::RequestBuilder::send",
    "reqwest::blocking::Response::text",
    "reqwest::blocking::Response::json",
    "reqwest::blocking::Response::bytes",
    "ureq::Request::call",
    "ureq::RequestBuilder::call",
    "ureq::RequestBuilder::send",
];

const USES_FILES: &[&str] = &[
    "std::fs::read",
    "std::fs::read_to_string",
    "std::fs::read_dir",
    "std::fs::write",
    "std::fs::copy",
    "std::fs::rename",
    "std::fs::remove_file",
    "std::fs::remove_dir",
    "std::fs::remove_dir_all",
    "std::fs::create_dir",
    "std::fs::create_dir_all",
    "std::fs::metadata",
    "std::fs::symlink_metadata",
    "std::fs::canonicalize",
    "std::fs::hard_link",
    "std::fs::set_permissions",
    "std::fs::File::open",
    "std::fs::File::create",
    "std::fs::File::create_new",
    "std::fs::File::sync_all",
    "std::fs::File::sync_data",
    "std::fs::File::set_len",
    "std::fs::File::metadata",
    "std::fs::OpenOptions::open",
];

const COMPUTES: &[&str] = &[
    "bcrypt::hash",
    "bcrypt::hash_with_result",
    "bcrypt::hash_with_salt",
    "bcrypt::verify",
    "argon2::Argon2::hash_password_into",
    "argon2::hash_raw",
    "argon2::hash_encoded",
    "argon2::verify_encoded",
    "password_hash::PasswordHasher::hash_password",
    "password_hash::PasswordVerifier::verify_password",
    "scrypt::scrypt",
    "pbkdf2::pbkdf2",
    "pbkdf2::pbkdf2_array",
    "pbkdf2::pbkdf2_hmac",
    "pbkdf2::pbkdf2_hmac_array",
    "rsa::RsaPrivateKey::new",
    "zstd::encode_all",
    "zstd::decode_all",
    "zstd::stream::encode_all",
    "zstd::stream::decode_all",
    "zstd::bulk::compress",
    "zstd::bulk::decompress",
    "image::load_from_memory",
    "image::open",
    "image::DynamicImage::resize",
    "rayon_core::join",
    "rayon_core::scope",
    "rayon::iter::ParallelIterator::for_each",
    "rayon::iter::ParallelIterator::sum",
    "rayon::iter::ParallelIterator::product",
    "rayon::iter::ParallelIterator::reduce",
    "rayon::iter::ParallelIterator::collect",
    "rayon::iter::ParallelIterator::count",
    "rayon::iter::ParallelIterator::min",
    "rayon::iter::ParallelIterator::max",
    "rayon::iter::ParallelIterator::any",
    "rayon::iter::ParallelIterator::all",
];

/// Traits whose methods do input and output on what stands behind them.
const IO_TRAITS: &[&str] = &["std::io::Read", "std::io::Write", "std::io::BufRead"];

const FILES: &[&str] = &["std::fs::File"];

const STREAMS: &[&str] = &[
    "std::net::TcpStream",
    "std::os::unix::net::UnixStream",
    "std::io::Stdin",
    "std::io::StdinLock",
    "std::process::ChildStdout",
    "std::process::ChildStderr",
    "std::process::ChildStdin",
];

/// The lists, and what the configuration adds to them, as items of the crates that are loaded.
pub(crate) struct BlockingCalls {
    waits: DefIdSet,
    uses_files: DefIdSet,
    computes: DefIdSet,
    harmless: DefIdSet,
    io_traits: DefIdSet,
    files: DefIdSet,
    streams: DefIdSet,
}

impl BlockingCalls {
    pub(crate) fn new(paths: &Resolver<'_>, config: &Config) -> Self {
        let listed = |list: &'static [&'static str]| paths.all(list.iter().copied());
        let configured = |key, more: &[ItemPath]| -> Vec<DefId> {
            more.iter()
                .flat_map(|path| paths.configured(key, path))
                .collect()
        };
        let mut waits = listed(WAITS);
        waits.extend(configured("assume_blocking", &config.assume_blocking));
        let mut computes = listed(COMPUTES);
        computes.extend(configured("cpu_heavy_calls", &config.cpu_heavy_calls));
        let harmless = configured("assume_non_blocking", &config.assume_non_blocking);
        Self {
            waits,
            uses_files: listed(USES_FILES),
            computes,
            harmless: harmless.into_iter().collect(),
            io_traits: listed(IO_TRAITS),
            files: listed(FILES),
            streams: listed(STREAMS),
        }
    }

    /// What a call costs, if it is one of those listed.
    pub(crate) fn cost(&self, tcx: TyCtxt<'_>, callee: &Callee<'_>) -> Option<Cost> {
        if self.is_harmless(callee) {
            return None;
        }
        let named = [callee.def_id, callee.running()];
        let in_list = |list: &DefIdSet| named.iter().any(|function| list.contains(function));
        if in_list(&self.waits) {
            Some(Cost::Waits)
        } else if in_list(&self.uses_files) {
            Some(Cost::UsesFiles)
        } else if in_list(&self.computes) {
            Some(Cost::Computes)
        } else {
            self.io(tcx, callee)
        }
    }

    /// Whether the configuration says that the function is not to be looked into.
    pub(crate) fn is_harmless(&self, callee: &Callee<'_>) -> bool {
        self.harmless.contains(&callee.def_id) || self.harmless.contains(&callee.running())
    }

    /// The same for the body that a call or an await ends in.
    pub(crate) fn is_harmless_body(&self, tcx: TyCtxt<'_>, body: DefId) -> bool {
        self.harmless.contains(&tcx.typeck_root_def_id(body))
    }

    fn io(&self, tcx: TyCtxt<'_>, callee: &Callee<'_>) -> Option<Cost> {
        let container = tcx.opt_parent(callee.def_id)?;
        if !self.io_traits.contains(&container) {
            return None;
        }
        let receiver = callee.args.types().next()?;
        if Self::is_one_of(receiver, &self.streams) {
            Some(Cost::Waits)
        } else if Self::is_one_of(receiver, &self.files) {
            Some(Cost::UsesFiles)
        } else {
            None
        }
    }

    fn is_one_of(ty: Ty<'_>, list: &DefIdSet) -> bool {
        let listed = |def: DefId| list.contains(&def);
        holds(ty, &|ty| {
            ty.ty_adt_def().is_some_and(|adt| listed(adt.did()))
        })
    }
}

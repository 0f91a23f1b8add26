//! Calls that block the calling thread or take long to compute: the one list of them.

use rustc_data_structures::unord::ExtendUnord;
use rustc_hir::def_id::{DefId, DefIdSet};
use rustc_middle::ty::{Ty, TyCtxt};

use super::bodies::Callee;
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

/// Wait whatever the circumstances.
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
    "std::os::unix::net::UnixStream::connect",
    "std::os::unix::net::UnixListener::accept",
    "std::os::unix::net::UnixListener::incoming",
    "std::os::unix::net::UnixDatagram::recv",
    "std::os::unix::net::UnixDatagram::recv_from",
    "std::io::Stdin::read_line",
    "std::io::Stdin::lines",
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
    "parking_lot::Condvar::wait",
    "parking_lot::Condvar::wait_while",
    "parking_lot::Condvar::wait_for",
    "parking_lot::Condvar::wait_until",
    "crossbeam_channel::Receiver::recv",
    "crossbeam_channel::Receiver::recv_timeout",
    "crossbeam_channel::Receiver::recv_deadline",
    "crossbeam_channel::Receiver::iter",
    "crossbeam_utils::sync::WaitGroup::wait",
    "flume::Receiver::recv",
    "flume::Receiver::recv_timeout",
    "flume::Receiver::recv_deadline",
    "flume::Receiver::iter",
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

/// Wait, or do not, as a peer or the values given to them decide. (The senders of `crossbeam` and
/// `flume` are not here: those of channels without a bound have the same type.)
const MAY_WAIT: &[&str] = &[
    "std::sync::mpsc::SyncSender::send",
    "std::net::ToSocketAddrs::to_socket_addrs",
];

/// Poll a future on the calling thread until it is done.
pub(crate) const BRIDGES: &[&str] = &[
    "tokio::runtime::Handle::block_on",
    "tokio::runtime::Runtime::block_on",
    "tokio::runtime::LocalRuntime::block_on",
    "tokio::task::LocalSet::block_on",
    "tokio_test::block_on",
    "tokio_uring::start",
    "actix_rt::SystemRunner::block_on",
    "actix_rt::Runtime::block_on",
    "rocket::async_main",
    "futures_executor::block_on",
    "futures_executor::block_on_stream",
    "futures_executor::LocalPool::run_until",
    "futures_lite::future::block_on",
    "async_io::block_on",
    "async_std::task::block_on",
    "async_global_executor::block_on",
    "pollster::block_on",
];

/// Only reads what the system keeps in memory about an open file.
const CHEAP_ON_FILES: &[&str] = &["std::fs::File::metadata"];

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
    "std::fs::exists",
    "std::fs::read_link",
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

/// Functions that do input and output on the types they are called for.
const IO_FUNCTIONS: &[&str] = &["std::io::copy", "std::io::read_to_string"];

/// Channels whose receiver, as an iterator, waits for each value.
const RECEIVERS: &[&str] = &[
    "std::sync::mpsc::Receiver",
    "crossbeam_channel::Receiver",
    "flume::Receiver",
];

/// Traits whose methods do input and output on what stands behind them.
const IO_TRAITS: &[&str] = &["std::io::Read", "std::io::Write", "std::io::BufRead"];

/// Methods of those traits that only make an adapter, or say what was done.
const NO_IO: &[&str] = &[
    "std::io::Read::by_ref",
    "std::io::Read::chain",
    "std::io::Read::take",
    "std::io::Write::by_ref",
    "std::io::BufRead::consume",
];

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
    may_wait: DefIdSet,
    bridges: DefIdSet,
    uses_files: DefIdSet,
    cheap_on_files: DefIdSet,
    computes: DefIdSet,
    harmless: DefIdSet,
    io_traits: Vec<DefId>,
    no_io: DefIdSet,
    io_functions: DefIdSet,
    files: DefIdSet,
    streams: DefIdSet,
    receivers: DefIdSet,
    into_iter: DefIdSet,
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
            may_wait: listed(MAY_WAIT),
            bridges: listed(BRIDGES),
            uses_files: listed(USES_FILES),
            cheap_on_files: listed(CHEAP_ON_FILES),
            computes,
            harmless: harmless.into_iter().collect(),
            io_traits: IO_TRAITS
                .iter()
                .flat_map(|path| paths.items(path))
                .collect(),
            no_io: listed(NO_IO),
            io_functions: listed(IO_FUNCTIONS),
            files: listed(FILES),
            streams: listed(STREAMS),
            receivers: listed(RECEIVERS),
            into_iter: listed(&["core::iter::IntoIterator::into_iter"]),
        }
    }

    /// What a call costs, if it is one of those listed.
    pub(crate) fn cost(&self, tcx: TyCtxt<'_>, callee: &Callee<'_>) -> Option<Cost> {
        if self.is_harmless(callee) {
            return None;
        }
        let named = [callee.def_id, callee.running()];
        let in_list = |list: &DefIdSet| named.iter().any(|function| list.contains(function));
        if [&self.waits, &self.may_wait, &self.bridges]
            .into_iter()
            .any(in_list)
        {
            Some(Cost::Waits)
        } else if in_list(&self.uses_files) {
            Some(Cost::UsesFiles)
        } else if in_list(&self.computes) {
            Some(Cost::Computes)
        } else {
            self.io(tcx, callee)
        }
    }

    /// The same, of calls that block the thread whatever the circumstances. Calls that poll
    /// a future are not among them.
    pub(crate) fn certain_cost(&self, tcx: TyCtxt<'_>, callee: &Callee<'_>) -> Option<Cost> {
        let named = [callee.def_id, callee.running()];
        let uncertain = [&self.may_wait, &self.bridges, &self.cheap_on_files];
        if uncertain
            .iter()
            .any(|list| named.iter().any(|function| list.contains(function)))
        {
            return None;
        }
        self.cost(tcx, callee)
            .filter(|cost| *cost != Cost::Computes)
    }

    pub(crate) fn is_bridge(&self, callee: &Callee<'_>) -> bool {
        self.bridges.contains(&callee.def_id)
    }

    /// Every function that a blocking call can name.
    pub(crate) fn named(&self, tcx: TyCtxt<'_>) -> DefIdSet {
        let mut named = DefIdSet::default();
        for list in [
            &self.waits,
            &self.bridges,
            &self.uses_files,
            &self.io_functions,
            &self.into_iter,
        ] {
            named.extend_unord(list.items().copied());
        }
        named.extend(
            self.io_traits
                .iter()
                .flat_map(|of_trait| tcx.associated_item_def_ids(*of_trait))
                .copied(),
        );
        named
    }

    /// Whether the configuration says that the function is not to be looked into.
    pub(crate) fn is_harmless(&self, callee: &Callee<'_>) -> bool {
        self.harmless.contains(&callee.def_id) || self.harmless.contains(&callee.running())
    }

    /// The same for the body that a call or an await ends in.
    pub(crate) fn is_harmless_body(&self, tcx: TyCtxt<'_>, body: DefId) -> bool {
        self.harmless.contains(&tcx.typeck_root_def_id(body))
    }

    /// The type that makes a call of a general function or method block: in `copy(&mut file, out)`
    /// it is `File`.
    pub(crate) fn blocks_for(&self, tcx: TyCtxt<'_>, callee: &Callee<'_>) -> Option<DefId> {
        let mut types = callee.args.types();
        if self.into_iter.contains(&callee.def_id) {
            let receiver = types.next()?.peel_refs().ty_adt_def()?.did();
            return self.receivers.contains(&receiver).then_some(receiver);
        }
        let of_receiver = self.io_traits.contains(&tcx.opt_parent(callee.def_id)?)
            && !self.no_io.contains(&callee.def_id);
        if !of_receiver && !self.io_functions.contains(&callee.def_id) {
            return None;
        }
        let among = if of_receiver { 1 } else { usize::MAX };
        types
            .take(among)
            .find_map(|ty| one_of(ty, &self.streams).or_else(|| one_of(ty, &self.files)))
    }

    /// The cost of a call that only blocks for what some types stand for.
    fn io(&self, tcx: TyCtxt<'_>, callee: &Callee<'_>) -> Option<Cost> {
        let blocks_for = self.blocks_for(tcx, callee)?;
        Some(if self.files.contains(&blocks_for) {
            Cost::UsesFiles
        } else {
            Cost::Waits
        })
    }
}

/// The first of the listed types that a type is made of.
fn one_of(ty: Ty<'_>, list: &DefIdSet) -> Option<DefId> {
    ty.walk()
        .filter_map(|part| part.as_type()?.ty_adt_def())
        .map(|adt| adt.did())
        .find(|adt| list.contains(adt))
}

//! Chapter "Async traits".

use futures::future::BoxFuture;

// ANCHOR: pair
/// For code that stays on its thread, and, as `Storage`, for code that spawns.
#[trait_variant::make(Storage: Send)]
pub trait LocalStorage {
    async fn append(&self, line: String) -> usize;
}
// ANCHOR_END: pair

// ANCHOR: dynamic
/// What a configuration file can choose at run time: one box for each call.
pub trait DynStorage: Send + Sync {
    fn append<'a>(&'a self, line: &'a str) -> BoxFuture<'a, usize>;
}

impl<S: Storage + Sync + Send> DynStorage for S {
    fn append<'a>(&'a self, line: &'a str) -> BoxFuture<'a, usize> {
        Box::pin(Storage::append(self, line.to_owned()))
    }
}
// ANCHOR_END: dynamic

pub struct Memory;

impl Storage for Memory {
    async fn append(&self, line: String) -> usize {
        line.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    /// Not `Send`, so only a `LocalStorage`.
    struct Cached(Rc<Memory>);

    impl LocalStorage for Cached {
        async fn append(&self, line: String) -> usize {
            let memory = Rc::clone(&self.0);
            LocalStorage::append(&*memory, line).await
        }
    }

    #[tokio::test]
    async fn a_storage_is_chosen_at_run_time() {
        let storages: Vec<Box<dyn DynStorage>> = vec![Box::new(Memory)];
        assert_eq!(storages[0].append("four").await, 4);
    }

    #[tokio::test]
    async fn a_send_implementation_is_a_local_one_too() {
        let cached = Cached(Rc::new(Memory));
        assert_eq!(LocalStorage::append(&cached, "four".into()).await, 4);
    }
}

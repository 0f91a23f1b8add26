//! The mapping between names and the addresses that stand for them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

/// A bounded two-way map. A mapping is kept while it is asked for or used, and for its time to live
/// after that; then its address may stand for another name.
pub(super) struct Names {
    first: Ipv4Addr,
    ttl: Duration,
    entries: Vec<Entry>,
    capacity: usize,
    by_name: HashMap<Arc<str>, usize>,
}

/// A name and what the resolver said of it.
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) addresses: Vec<IpAddr>,
    /// When the resolver said so. The cache answers from it for one time to live.
    resolved: Instant,
    used: Instant,
}

impl Names {
    pub(super) fn new(first: Ipv4Addr, capacity: u16, ttl: Duration) -> Self {
        Self {
            first,
            ttl,
            entries: Vec::new(),
            capacity: usize::from(capacity.max(1)),
            by_name: HashMap::new(),
        }
    }

    /// The address that stands for a name, unless the resolver should be asked (again).
    pub(super) fn find(&mut self, name: &str) -> Option<Ipv4Addr> {
        let &index = self.by_name.get(name)?;
        let entry = &mut self.entries[index];
        if entry.resolved.elapsed() >= self.ttl {
            return None;
        }
        entry.used = Instant::now();
        Some(self.address(index))
    }

    /// The name that an address stands for. One whose time is over is still known until its address
    /// is needed: an application may have kept the answer for longer than it should.
    pub(super) fn lookup(&mut self, address: Ipv4Addr) -> Option<&Entry> {
        let index = u32::from(address).checked_sub(u32::from(self.first))?;
        let entry = self.entries.get_mut(usize::try_from(index).ok()?)?;
        entry.used = Instant::now();
        Some(entry)
    }

    /// Maps a name and returns the address that stands for it: the one it had, or a new one, or the
    /// one whose name was unused for longest.
    pub(super) fn insert(&mut self, name: &str, addresses: Vec<IpAddr>) -> Ipv4Addr {
        let now = Instant::now();
        let known = self.by_name.get(name).copied();
        let name: Arc<str> = match known {
            Some(index) => self.entries[index].name.clone(),
            None => name.into(),
        };
        let entry = Entry {
            name: name.clone(),
            addresses,
            resolved: now,
            used: now,
        };
        let index = if let Some(index) = known.or_else(|| self.to_replace()) {
            let old = std::mem::replace(&mut self.entries[index], entry);
            self.by_name.remove(&old.name);
            index
        } else {
            self.entries.push(entry);
            self.entries.len() - 1
        };
        self.by_name.insert(name, index);
        self.address(index)
    }

    /// The entry to give up for a new one, if there is no room.
    fn to_replace(&self) -> Option<usize> {
        if self.entries.len() < self.capacity {
            return None;
        }
        let oldest = self.entries.iter().enumerate();
        oldest
            .min_by_key(|(_, entry)| entry.used)
            .map(|(index, _)| index)
    }

    fn address(&self, index: usize) -> Ipv4Addr {
        // The index is below the capacity, a `u16`.
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        Ipv4Addr::from(u32::from(self.first).saturating_add(index))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use tokio::time::advance;

    use super::Names;

    const FIRST: Ipv4Addr = Ipv4Addr::new(198, 18, 1, 0);
    const TTL: Duration = Duration::from_mins(1);

    fn real(last: u8) -> Vec<IpAddr> {
        vec![Ipv4Addr::new(192, 0, 2, last).into()]
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_found_both_ways_until_its_time_is_over() {
        let mut names = Names::new(FIRST, 4, TTL);
        let a = names.insert("a.test", real(1));
        let b = names.insert("b.test", real(2));
        assert_ne!(a, b);
        assert_eq!(names.find("a.test"), Some(a));
        assert_eq!(&*names.lookup(b).unwrap().name, "b.test");
        assert!(names.lookup(Ipv4Addr::new(198, 18, 1, 9)).is_none());
        assert!(names.lookup(Ipv4Addr::new(198, 18, 0, 255)).is_none());

        advance(TTL).await;
        assert_eq!(names.find("a.test"), None);
        assert_eq!(names.insert("a.test", real(3)), a);
        assert_eq!(names.lookup(a).unwrap().addresses, real(3));
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_unused_for_longest_makes_room() {
        let mut names = Names::new(FIRST, 2, TTL);
        let a = names.insert("a.test", real(1));
        advance(Duration::from_secs(1)).await;
        let b = names.insert("b.test", real(2));
        advance(Duration::from_secs(1)).await;
        names.lookup(a).unwrap();
        advance(Duration::from_secs(1)).await;
        assert_eq!(names.insert("c.test", real(3)), b);
        assert_eq!(names.find("b.test"), None);
        assert_eq!(names.find("a.test"), Some(a));
    }
}

//! A map that forgets what was put in first.

use std::collections::{BTreeMap, VecDeque};

/// At most so many values by their keys.
pub(super) struct Bounded<V> {
    values: BTreeMap<String, V>,
    /// The keys as they came.
    order: VecDeque<String>,
    len_max: usize,
}

impl<V> Bounded<V> {
    pub(super) fn new(len_max: usize) -> Self {
        Self { values: BTreeMap::new(), order: VecDeque::new(), len_max }
    }

    /// Puts a value in, under a key that isn't used now.
    pub(super) fn insert(&mut self, key: String, value: V) {
        self.order.push_back(key.clone());
        self.values.insert(key, value);
        while self.order.len() > self.len_max {
            self.order.pop_front().and_then(|oldest| self.values.remove(&oldest));
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.values.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.values.get_mut(key)
    }

    pub(super) fn remove(&mut self, key: &str) {
        if self.values.remove(key).is_some() {
            self.order.retain(|kept| kept != key);
        }
    }

    /// All values, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &V> {
        self.order.iter().filter_map(|key| self.values.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut map = Bounded::new(2);
        for (key, value) in [("b", 1), ("a", 2), ("c", 3)] {
            map.insert(key.to_owned(), value);
        }
        assert_eq!(map.iter().copied().collect::<Vec<_>>(), [2, 3]);
        assert_eq!((map.get("b"), map.get("c")), (None, Some(&3)));
        map.remove("a");
        assert_eq!(map.iter().copied().collect::<Vec<_>>(), [3]);
        for (key, value) in [("a", 4), ("d", 5)] {
            map.insert(key.to_owned(), value);
        }
        assert_eq!(map.iter().copied().collect::<Vec<_>>(), [4, 5], "a key that was freed counts once");
    }
}

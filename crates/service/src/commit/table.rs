//! Rows at hand, with what has become of them.

use std::collections::HashMap;
use std::hash::Hash;

/// The rows of one kind that a batch works on. Remembers which were inserted, updated or removed, so that
/// a backend writes just those.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    rows: HashMap<K, Row<V>>,
    /// The rows that this batch has loaded or changed, each once, in the order in which it came to them.
    touched: Vec<K>,
}

#[derive(Debug)]
struct Row<V> {
    /// Nothing once it was removed.
    value: Option<V>,
    change: Change,
    is_touched: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    None,
    Inserted,
    /// Only in what is written by itself.
    Partly,
    Updated,
    Removed,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: HashMap::new(), touched: Vec::new() }
    }
}

impl<K: Eq + Hash + Clone, V> Table<K, V> {
    /// Puts in a row as the database has it.
    pub(crate) fn load(&mut self, key: K, value: V) {
        self.put(key, value, Change::None);
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)?.value.as_ref()
    }

    /// The row, to be changed: it counts as updated from now on.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let row = self.rows.get_mut(key)?;
        row.touch(key, &mut self.touched);
        if matches!(row.change, Change::None | Change::Partly) {
            row.change = Change::Updated;
        }
        row.value.as_mut()
    }

    /// The row, of which only that part is to be changed that a backend writes by itself.
    pub(crate) fn part_mut(&mut self, key: &K) -> Option<&mut V> {
        let row = self.rows.get_mut(key)?;
        row.touch(key, &mut self.touched);
        if row.change == Change::None {
            row.change = Change::Partly;
        }
        row.value.as_mut()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.put(key, value, Change::Inserted);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        let Some(row) = self.rows.get_mut(key) else { return };
        row.touch(key, &mut self.touched);
        row.value = None;
        // What came and went within a batch was never in the database.
        row.change = if row.change == Change::Inserted { Change::None } else { Change::Removed };
    }

    pub(crate) fn inserted(&self) -> impl Iterator<Item = (&K, &V)> {
        self.with_change(Change::Inserted)
    }

    pub(crate) fn updated(&self) -> impl Iterator<Item = (&K, &V)> {
        self.with_change(Change::Updated)
    }

    pub(crate) fn partly_updated(&self) -> impl Iterator<Item = (&K, &V)> {
        self.with_change(Change::Partly)
    }

    pub(crate) fn removed(&self) -> impl Iterator<Item = &K> {
        let is_removed = |key: &&K| self.rows.get(*key).is_some_and(|row| row.change == Change::Removed);
        self.touched.iter().filter(is_removed)
    }

    /// Forgets what has become of the rows, since it was written, and of those that the batch has touched all that
    /// aren't worth keeping for the next.
    #[cfg(feature = "sqlite")]
    pub(crate) fn settle(&mut self, is_kept: impl Fn(&V) -> bool) {
        for key in self.touched.drain(..) {
            match self.rows.get_mut(&key) {
                Some(row) if row.value.as_ref().is_some_and(&is_kept) => {
                    (row.change, row.is_touched) = (Change::None, false);
                }
                _ => drop(self.rows.remove(&key)),
            }
        }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Every row that is there.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.rows.values().filter_map(|row| row.value.as_ref())
    }

    /// Drops the rows that don't hold, as if they had never been.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn retain(&mut self, holds: impl Fn(&V) -> bool) {
        self.rows.retain(|_key, row| row.value.as_ref().is_some_and(&holds));
        self.touched.retain(|key| self.rows.contains_key(key));
    }

    fn put(&mut self, key: K, value: V, change: Change) {
        let row = self.rows.entry(key.clone()).or_insert(Row { value: None, change, is_touched: false });
        row.touch(&key, &mut self.touched);
        (row.value, row.change) = (Some(value), change);
    }

    fn with_change(&self, change: Change) -> impl Iterator<Item = (&K, &V)> {
        self.touched.iter().filter_map(move |key| {
            let row = self.rows.get(key).filter(|row| row.change == change)?;
            Some((key, row.value.as_ref()?))
        })
    }
}

impl<V> Row<V> {
    fn touch<K: Clone>(&mut self, key: &K, touched: &mut Vec<K>) {
        if !std::mem::replace(&mut self.is_touched, true) {
            touched.push(key.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a backend would write.
    fn written(table: &Table<u8, &'static str>) -> String {
        let rows = |rows: Vec<(&u8, &&str)>| {
            rows.iter().map(|(key, row)| format!("{key}{row} ")).collect::<String>()
        };
        let removed: String = table.removed().map(|key| format!("{key} ")).collect();
        let (inserted, updated) = (rows(table.inserted().collect()), rows(table.updated().collect()));
        format!("insert {inserted}update {updated}delete {removed}").trim_end().to_owned()
    }

    #[test]
    fn a_row_is_written_for_what_became_of_it() {
        let mut table = Table::default();
        table.load(1, "a");
        assert_eq!(written(&table), "insert update delete");
        *table.get_mut(&1).unwrap() = "b";
        assert_eq!(written(&table), "insert update 1b delete");
        table.remove(&1);
        assert_eq!((written(&table).as_str(), table.get(&1)), ("insert update delete 1", None));
        table.remove(&7);
        assert_eq!(written(&table), "insert update delete 1");
    }

    #[test]
    fn a_new_row_stays_new_and_leaves_no_trace_when_it_goes() {
        let mut table = Table::default();
        table.insert(1, "a");
        *table.get_mut(&1).unwrap() = "b";
        assert_eq!(written(&table), "insert 1b update delete");
        table.remove(&1);
        assert_eq!((written(&table).as_str(), table.get(&1)), ("insert update delete", None));
    }

    #[test]
    fn a_row_that_comes_and_goes_and_comes_again_is_written_once() {
        let mut table = Table::default();
        table.insert(1, "a");
        table.remove(&1);
        table.insert(1, "b");
        assert_eq!(written(&table), "insert 1b update delete");
    }

    #[test]
    fn a_row_of_which_a_part_was_changed_is_written_in_part_unless_more_of_it_was() {
        let mut table = Table::default();
        table.load(1, "a");
        table.load(2, "b");
        table.insert(3, "c");
        for key in [1, 2, 3] {
            *table.part_mut(&key).unwrap() = "d";
        }
        *table.get_mut(&2).unwrap() = "e";
        table.part_mut(&2).unwrap();
        assert_eq!(written(&table), "insert 3d update 2e delete");
        assert_eq!(table.partly_updated().collect::<Vec<_>>(), [(&1, &"d")]);
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn what_was_written_is_as_if_it_had_been_loaded_before() {
        let mut table = Table::default();
        table.load(1, "a");
        table.load(2, "b");
        table.insert(3, "c");
        table.insert(4, "d");
        *table.get_mut(&1).unwrap() = "e";
        table.remove(&2);
        table.settle(|row| *row != "d");
        assert_eq!(written(&table), "insert update delete");
        assert_eq!([1, 2, 3, 4].map(|key| table.get(&key).copied()), [Some("e"), None, Some("c"), None]);
        table.remove(&1);
        *table.get_mut(&3).unwrap() = "f";
        assert_eq!((written(&table).as_str(), table.len()), ("insert update 3f delete 1", 2));
    }
}

//! Rows at hand, with what has become of them.

use std::collections::HashMap;
use std::hash::Hash;

/// The rows of one kind that a batch works on. Remembers which were inserted, updated or removed, so that
/// a backend writes just those.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    rows: HashMap<K, Row<V>>,
}

#[derive(Debug)]
struct Row<V> {
    /// Nothing once it was removed.
    value: Option<V>,
    change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    None,
    Inserted,
    Updated,
    Removed,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: HashMap::new() }
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// Puts in a row as the database has it.
    pub(crate) fn load(&mut self, key: K, value: V) {
        self.rows.insert(key, Row { value: Some(value), change: Change::None });
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)?.value.as_ref()
    }

    /// The row, to be changed: it counts as updated from now on.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let row = self.rows.get_mut(key)?;
        if row.change == Change::None {
            row.change = Change::Updated;
        }
        row.value.as_mut()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.rows.insert(key, Row { value: Some(value), change: Change::Inserted });
    }

    pub(crate) fn remove(&mut self, key: &K) {
        match self.rows.get_mut(key) {
            // What came and went within a batch was never in the database.
            Some(row) if row.change == Change::Inserted => drop(self.rows.remove(key)),
            Some(row) => (row.value, row.change) = (None, Change::Removed),
            None => {}
        }
    }

    pub(crate) fn inserted(&self) -> impl Iterator<Item = (&K, &V)> {
        self.with_change(Change::Inserted)
    }

    pub(crate) fn updated(&self) -> impl Iterator<Item = (&K, &V)> {
        self.with_change(Change::Updated)
    }

    pub(crate) fn removed(&self) -> impl Iterator<Item = &K> {
        self.rows.iter().filter(|(_, row)| row.change == Change::Removed).map(|(key, _)| key)
    }

    /// The rows that these leave once they are written, those that are worth keeping.
    #[cfg(feature = "sqlite")]
    pub(crate) fn written(self, is_kept: impl Fn(&V) -> bool) -> Self {
        let kept = |row: Row<V>| row.value.filter(&is_kept);
        let unchanged = |value| Row { value: Some(value), change: Change::None };
        let rows = self.rows.into_iter().filter_map(|(key, row)| Some((key, unchanged(kept(row)?))));
        Self { rows: rows.collect() }
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
    }

    fn with_change(&self, change: Change) -> impl Iterator<Item = (&K, &V)> {
        self.rows
            .iter()
            .filter(move |(_, row)| row.change == change)
            .filter_map(|(key, row)| row.value.as_ref().map(|value| (key, value)))
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
    #[cfg(feature = "sqlite")]
    #[test]
    fn what_was_written_is_as_if_it_had_been_loaded() {
        let mut table = Table::default();
        table.load(1, "a");
        table.load(2, "b");
        table.insert(3, "c");
        table.insert(4, "d");
        *table.get_mut(&1).unwrap() = "e";
        table.remove(&2);
        let table = table.written(|row| *row != "d");
        assert_eq!(written(&table), "insert update delete");
        assert_eq!(
            (table.get(&1), table.get(&2), table.get(&3), table.get(&4)),
            (Some(&"e"), None, Some(&"c"), None)
        );
    }
}

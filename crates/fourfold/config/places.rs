//! Where each setting was written, to name the place when a setting turns out wrong only after loading.

use std::collections::BTreeMap;

use super::tree::{Node, Origin, Value};

/// The places of all settings that are set. Holds no values.
pub(crate) struct Places(BTreeMap<String, Origin>);

impl Places {
    /// The setting and its place, to begin an error with: `server.listen (fourfold.yaml line 3)`. A group of
    /// settings is where the first of them is, and what is said of a value or an entry of a list is where that is.
    pub(crate) fn of(&self, setting: &str) -> String {
        let written = self.first_in(setting, |rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let around = || {
            let whole = |rest: &str| rest.is_empty() || rest.starts_with('[');
            setting.rmatch_indices(['.', '[']).find_map(|(end, _)| self.first_in(&setting[..end], whole))
        };
        match written.or_else(around) {
            Some(origin) => format!("{setting} ({origin})"),
            None => format!("{setting} (default)"),
        }
    }

    /// The first setting that begins so and goes on so.
    fn first_in(&self, start: &str, goes_on: impl Fn(&str) -> bool) -> Option<&Origin> {
        let mut all = self.0.iter();
        all.find(|(path, _)| path.strip_prefix(start).is_some_and(&goes_on)).map(|(_, origin)| origin)
    }

    /// Every setting that isn't left at its default, with its place.
    pub(crate) fn all(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(setting, origin)| format!("{setting} ({origin})"))
    }
}

impl From<&Node> for Places {
    fn from(tree: &Node) -> Self {
        let set = tree
            .leaves()
            .into_iter()
            .filter(|(path, node)| !path.steps().is_empty() && node.value != Value::Null);
        Self(set.map(|(path, node)| (path.to_string(), node.origin.clone())).collect())
    }
}

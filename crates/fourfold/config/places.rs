//! Where each setting was written, to name the place when a setting turns out wrong only after loading.

use std::collections::BTreeMap;

use super::tree::{Node, Origin, Value};

/// The places of all settings that are set. Holds no values.
pub(crate) struct Places(BTreeMap<String, Origin>);

impl Places {
    /// The setting and its place, to begin an error with: `server.listen (fourfold.yaml line 3)`. A group of
    /// settings is where the first of them is.
    pub(crate) fn of(&self, setting: &str) -> String {
        let is_below = |path: &str| {
            path.strip_prefix(setting).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        match self.0.iter().find(|(path, _)| is_below(path)) {
            Some((_, origin)) => format!("{setting} ({origin})"),
            None => format!("{setting} (default)"),
        }
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

//! The tree of values that the layers are merged into. Each value knows its origin, so that an error can
//! name the line or the variable that has to be changed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::path::{SettingPath, Step};

/// One value and where it was written. Not to be printed: nobody knows here which values are secret.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What was written. A file tells types, a variable doesn't.
#[derive(Clone, PartialEq)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum Value {
    /// A key of the file with nothing behind it.
    Null,
    /// A bare `true` or `false` of the file.
    Bool(bool),
    /// A bare number of the file and exactly how it was written, for settings that are text.
    Number(Number, String),
    /// Text of the file: text and nothing else.
    Text(String),
    /// Text of a variable, or filled in from one: becomes whatever type the setting asks for.
    Untyped(String),
    /// Values in order.
    List(Vec<Node>),
    /// Values by name.
    Map(BTreeMap<String, Node>),
}

/// A number as the file's reader understood it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// In the configuration file; line 0 is the file as a whole.
    File { name: Arc<str>, line: u64 },
    /// In the `.env` file.
    DotEnv { variable: String, file: Arc<str>, line: usize },
    /// In the environment of the process.
    Environment { variable: String },
}

impl Node {
    /// Puts a value at a path, over whatever was there; sections on the way are made where missing.
    pub(super) fn insert(&mut self, path: &[Step], node: Node) {
        let Some((step, rest)) = path.split_first() else {
            *self = node;
            return;
        };
        if !matches!(self.value, Value::Map(_)) {
            *self = Node { value: Value::Map(BTreeMap::new()), origin: node.origin.clone() };
        }
        if let Value::Map(entries) = &mut self.value {
            let empty = Node { value: Value::Null, origin: node.origin.clone() };
            entries.entry(step.to_string()).or_insert(empty).insert(rest, node);
        }
    }

    /// The value at a path, if it is set.
    #[cfg(test)]
    pub(super) fn get(&self, path: &[Step]) -> Option<&Node> {
        let Some((step, rest)) = path.split_first() else { return Some(self) };
        match (&self.value, step) {
            (Value::Map(entries), Step::Key(key)) => entries.get(key)?.get(rest),
            (Value::List(nodes), Step::Index(index)) => nodes.get(*index)?.get(rest),
            _ => None,
        }
    }

    /// Every value that holds no others, with its path; an empty section or list counts as one.
    pub(super) fn leaves(&self) -> Vec<(SettingPath, &Node)> {
        let mut leaves = Vec::new();
        self.collect_leaves(&SettingPath::default(), &mut leaves);
        leaves
    }

    fn collect_leaves<'a>(&'a self, path: &SettingPath, leaves: &mut Vec<(SettingPath, &'a Node)>) {
        match &self.value {
            Value::Map(entries) if !entries.is_empty() => {
                for (key, node) in entries {
                    node.collect_leaves(&path.join(Step::Key(key.clone())), leaves);
                }
            }
            Value::List(nodes) if !nodes.is_empty() => {
                for (index, node) in nodes.iter().enumerate() {
                    node.collect_leaves(&path.join(Step::Index(index)), leaves);
                }
            }
            _ => leaves.push((path.clone(), self)),
        }
    }

    /// The text to quote in an error. Text that the file took from a variable isn't quoted, since the
    /// file doesn't tell whether it is a secret.
    pub(super) fn quotable(&self) -> Option<String> {
        match (&self.value, &self.origin) {
            (Value::Bool(value), _) => Some(value.to_string()),
            (Value::Number(_, text) | Value::Text(text), _) => Some(text.clone()),
            (Value::Untyped(text), Origin::DotEnv { .. } | Origin::Environment { .. }) => Some(text.clone()),
            _ => None,
        }
    }
}

impl Number {
    /// Reads a variable's text; nothing but digits, sign, point and exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let unsigned = text.parse().map(Self::Unsigned);
        let signed = || text.parse().map(Self::Signed);
        let float = || text.parse().ok().filter(|value: &f64| value.is_finite()).map(Self::Float);
        unsigned.or_else(|_| signed()).ok().or_else(float)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Signed(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line: 0 } => write!(f, "{name}"),
            Self::File { name, line } => write!(f, "{name} line {line}"),
            Self::DotEnv { variable, file, line } => write!(f, "{variable}, {file} line {line}"),
            Self::Environment { variable } => write!(f, "{variable}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        let origin = Origin::Environment { variable: text.to_uppercase() };
        Node { value: Value::Untyped(text.to_owned()), origin }
    }

    #[test]
    fn the_later_value_wins_and_keeps_its_own_origin() {
        let mut tree = node("root");
        for (path, text) in
            [("server.listen", "first"), ("server.public_url", "other"), ("server.listen", "second")]
        {
            tree.insert(SettingPath::parse(path).steps(), node(text));
        }
        assert_eq!(tree.get(SettingPath::parse("server.listen").steps()), Some(&node("second")));
        assert_eq!(tree.get(SettingPath::parse("server.public_url").steps()), Some(&node("other")));
        assert_eq!(tree.get(SettingPath::parse("server.unset").steps()), None);
    }

    #[test]
    fn leaves_are_listed_with_their_paths() {
        let mut tree = node("root");
        tree.insert(SettingPath::parse("b.c").steps(), node("one"));
        let list = Node { value: Value::List(vec![node("two"), node("three")]), ..node("list") };
        tree.insert(SettingPath::parse("a").steps(), list);
        let paths: Vec<String> = tree.leaves().iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(paths, ["a[0]", "a[1]", "b.c"]);
    }
}

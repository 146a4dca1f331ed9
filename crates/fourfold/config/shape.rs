//! Which settings there are: what an unknown name is measured against, which values are secret, and what
//! the generated page prints.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use super::path::Step;
use super::schema::shape_of_schema;
use super::tree::{self, Node, Number};

/// One setting, or a section of them.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    /// From the docs of the field, or else of its type.
    pub(super) description: String,
    /// What holds when it isn't set, as JSON; `None` where nothing does.
    pub(super) default: Option<Value>,
    /// Never to be quoted: marked `writeOnly`, in a section that is, or called like a secret.
    pub(super) is_secret: bool,
}

/// What a shape holds.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Settings by name, and what stands behind any other name, if there may be one.
    Section { entries: BTreeMap<String, Shape>, others: Option<Box<Shape>> },
    /// The same shape, any number of times.
    List(Box<Shape>),
    /// One value; what a person calls its type.
    Value(String),
    /// Whatever its type takes.
    Open,
}

impl Shape {
    /// The text of a variable as the number or the yes or no that the setting is, where it reads as one. Types that
    /// serde buffers ask for nothing themselves.
    pub(super) fn typed(&self, node: Node) -> Node {
        let (tree::Value::Untyped(text), Kind::Value(kind)) = (&node.value, &self.kind) else { return node };
        let value = match kind.as_str() {
            "`true` or `false`" => text.parse().ok().map(tree::Value::Bool),
            kind if kind == "number" || kind.starts_with("whole number") => {
                Number::parse(text).map(|number| tree::Value::Number(number, text.clone()))
            }
            _ => None,
        };
        Node { value: value.unwrap_or(node.value), ..node }
    }

    /// The shape of a settings type.
    pub(super) fn of<T: JsonSchema>() -> Self {
        shape_of_schema(&schemars::schema_for!(T))
    }

    /// The shape at a path, if there is such a setting.
    pub(super) fn get(&self, path: &[Step]) -> Option<&Shape> {
        let Some((step, rest)) = path.split_first() else { return Some(self) };
        match (&self.kind, step) {
            (Kind::Section { entries, others }, Step::Key(key)) => {
                entries.get(key).or(others.as_deref())?.get(rest)
            }
            (Kind::List(item), Step::Index(_)) => item.get(rest),
            (Kind::Open, _) => Some(self),
            _ => None,
        }
    }

    /// Every setting that holds a value, by its path: `<name>` stands for any name, `[]` for any index.
    pub(super) fn settings(&self) -> Vec<(String, &Shape)> {
        let mut settings = Vec::new();
        self.collect_settings(String::new(), &mut settings);
        settings
    }

    /// What a person calls the type of the value.
    pub(super) fn type_text(&self) -> String {
        match &self.kind {
            Kind::Section { .. } => "section".to_owned(),
            Kind::List(item) => format!("list of {}", item.type_text()),
            Kind::Value(text) => text.clone(),
            Kind::Open => "as described".to_owned(),
        }
    }

    /// What was expected of a value: the type with its article.
    pub(super) fn expectation(&self) -> String {
        let text = self.type_text();
        if text.starts_with('`') || text == TEXT { text } else { format!("a {text}") }
    }

    fn collect_settings<'a>(&'a self, path: String, settings: &mut Vec<(String, &'a Shape)>) {
        let dot = if path.is_empty() { "" } else { "." };
        match &self.kind {
            Kind::Section { entries, others } => {
                for (key, shape) in entries {
                    shape.collect_settings(format!("{path}{dot}{key}"), settings);
                }
                // What may be written without anything being said of it isn't listed.
                if let Some(shape) = others.as_ref().filter(|shape| !matches!(shape.kind, Kind::Open)) {
                    shape.collect_settings(format!("{path}{dot}<name>"), settings);
                }
            }
            Kind::List(item) if matches!(item.kind, Kind::Section { .. }) => {
                item.collect_settings(format!("{path}[]"), settings);
            }
            _ => settings.push((path, self)),
        }
    }
}

/// What a person calls the type of a value that may be any text.
pub(super) const TEXT: &str = "text";

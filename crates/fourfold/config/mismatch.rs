//! What serde says about a value that its setting doesn't take, kept apart from the value itself, so that
//! whoever knows which settings are secret decides whether to quote it.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::path::{SettingPath, Step};
use super::tree::{Node, Origin};

/// A value that its setting doesn't take.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) reason: MismatchReason,
    /// The value; `None` where the tree as a whole is at fault.
    pub(super) value: Option<Box<MismatchedValue>>,
    /// From the value up to the root.
    steps: Vec<Step>,
}

/// The value itself.
#[derive(Debug)]
pub(super) struct MismatchedValue {
    /// Where it was written.
    pub(super) origin: Origin,
    /// Its text, to be quoted where it isn't a secret.
    pub(super) quotable: Option<String>,
}

/// What is wrong with a value.
#[derive(Debug, PartialEq)]
pub(super) enum MismatchReason {
    /// Not of the setting's type, or out of its range; what the Rust type expects.
    WrongType { expected: String },
    /// What the setting's type says by itself.
    Other(String),
}

impl Mismatch {
    /// The path of the value.
    pub(super) fn path(&self) -> SettingPath {
        self.steps.iter().rev().cloned().collect()
    }

    /// The same, seen from one step further up: `step` leads to `node`, in which it happened.
    pub(super) fn inside(mut self, step: Step, node: &Node) -> Self {
        self.value.get_or_insert_with(|| {
            Box::new(MismatchedValue { origin: node.origin.clone(), quotable: node.quotable() })
        });
        self.steps.push(step);
        self
    }

    fn new(reason: MismatchReason) -> Self {
        Self { reason, value: None, steps: Vec::new() }
    }
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(MismatchReason::Other(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(MismatchReason::WrongType { expected: expected.to_string() })
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(MismatchReason::WrongType { expected: expected.to_string() })
    }

    fn unknown_variant(_: &str, allowed: &'static [&'static str]) -> Self {
        Self::custom(format_args!("expected one of {}", allowed.join(", ")))
    }

    fn unknown_field(field: &str, allowed: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown setting {field}; known here: {}", allowed.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("{field} must be set"))
    }
}

impl std::error::Error for Mismatch {}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            MismatchReason::WrongType { expected } => write!(f, "expected {expected}"),
            MismatchReason::Other(message) => f.write_str(message),
        }
    }
}

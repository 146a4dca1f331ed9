//! What a vendor says beside its result, kept on the attempt.

use serde_json::{Map, Value};

/// The facts that are there, by their names.
pub(crate) fn facts<const N: usize>(facts: [(&str, Option<String>); N]) -> Map<String, Value> {
    let there = facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), Value::String(fact?))));
    there.collect()
}

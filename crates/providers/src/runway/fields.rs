//! Fields that several kinds of Runway's work have.

use fourfold_domain::ProviderError;
use serde_json::{Map, Value, json};

use crate::classify::invalid;

/// A seed as the vendor takes it.
pub(super) fn seed(seed: Option<u64>) -> Result<Option<u32>, ProviderError> {
    let allowed = |_| invalid(format!("input.seed must be at most {}", u32::MAX));
    seed.map(u32::try_from).transpose().map_err(allowed)
}

/// What only some models take: by our names as the vendor's in snake case, here by its own.
pub(super) fn on_the_wire(extras: &Map<String, Value>) -> Map<String, Value> {
    let given = extras.iter().filter(|(_, value)| !value.is_null());
    given.map(|(name, value)| field(name, value)).collect()
}

fn field(name: &str, value: &Value) -> (String, Value) {
    match (name, value) {
        ("public_figure_threshold", _) => {
            ("contentModeration".to_owned(), json!({"publicFigureThreshold": value}))
        }
        ("keep_original_sound", _) => ("providerSettings".to_owned(), json!({"keepOriginalSound": value})),
        // One colour is a list of one.
        ("colors", Value::String(_)) => ("colors".to_owned(), json!([value])),
        _ => (camel_case(name), value.clone()),
    }
}

/// `cfg_scale` as `cfgScale`.
fn camel_case(name: &str) -> String {
    let mut after_line = false;
    let letter = |letter: char| {
        let begins_word = std::mem::replace(&mut after_line, letter == '_');
        (letter != '_').then(|| if begins_word { letter.to_ascii_uppercase() } else { letter })
    };
    name.chars().filter_map(letter).collect()
}

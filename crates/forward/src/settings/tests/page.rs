//! `docs/forward.md` against the settings that there are.

use std::collections::BTreeSet;

use super::*;

const PAGE: &str = include_str!("../../../../../docs/forward.md");

/// The pieces of YAML on the page, the whole configuration first.
fn pieces() -> Vec<&'static str> {
    PAGE.split("```yaml\n").skip(1).filter_map(|piece| piece.split("```").next()).collect()
}

/// What the server adds to a target, of which the proxy knows nothing.
const HOUSES: [&str; 5] = ["access", "keys", "price", "default_max_output", "token_ceilings"];

/// The page's configuration, without what the server adds.
fn configuration() -> Value {
    let mut written: Value = serde_saphyr::from_str(pieces()[0]).unwrap();
    // The server's too, over all targets.
    written["forward"].as_object_mut().unwrap().remove("collected_bytes_max").unwrap();
    for target in written["forward"]["targets"].as_object_mut().unwrap().values_mut() {
        HOUSES.iter().for_each(|name| _ = target.as_object_mut().unwrap().remove(*name));
    }
    written
}

/// The names of all settings, wherever they stand.
fn names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                names.extend(properties.keys().cloned());
            }
            fields.values().for_each(|field| self::names(field, names));
        }
        Value::Array(items) => items.iter().for_each(|item| self::names(item, names)),
        _ => {}
    }
}

#[test]
fn the_pages_configuration_is_valid() {
    let mut settings: ForwardSettings = serde_json::from_value(configuration()["forward"].clone()).unwrap();
    settings.add_openai("https://api.openai.com/v1", "sk-1".into());
    settings.validate().unwrap();
    for piece in &pieces()[1..] {
        let mut target: Value = serde_saphyr::from_str(piece).unwrap();
        target["base_url"] = json!("https://a.test");
        resolved(&with_target(target), "t");
    }
}

#[test]
fn the_pages_configuration_has_every_setting() {
    let mut all = BTreeSet::new();
    names(schemars::schema_for!(ForwardSettings).as_value(), &mut all);
    let shown = pieces()[0];
    let missing: Vec<_> = all.iter().filter(|name| !shown.contains(&format!("{name}:"))).collect();
    assert!(missing.is_empty() && all.len() > 40, "{missing:?} of {}", all.len());
}

#[test]
fn the_page_shows_the_defaults() {
    let mut written = configuration()["forward"].clone();
    let target = &mut written["targets"]["search"];
    // These have no default, so the page shows examples.
    for example in [
        "headers",
        "auth",
        "allow",
        "timeouts",
        "retry",
        "circuit_breaker",
        "transformers",
        "tls",
        "proxy",
        "limits",
    ] {
        assert!(target.as_object_mut().unwrap().remove(example).is_some(), "{example}");
    }
    assert!(target["health_check"].as_object_mut().unwrap().remove("path").is_some());
    assert!(written["defaults"].as_object_mut().unwrap().remove("user_agent").is_some());
    assert!(written["retry"].as_object_mut().unwrap().remove("retry_on").is_some());
    assert!(written["logging"].as_object_mut().unwrap().remove("redact").is_some());
    let of_page = resolved_all(written);
    let of_nothing =
        resolved_all(json!({"targets": {"search": {"base_url": "https://search.example.com/api"}}}));
    assert_eq!(of_page, of_nothing);
}

/// What counts of the target, in words.
fn resolved_all(written: Value) -> String {
    let mut settings = settings(written);
    settings.targets.remove("openai");
    format!("{:#?}", resolved(&settings, "search"))
}

#[test]
fn the_page_lists_what_is_allowed_by_default() {
    let listed = PAGE.split_once("only what generates:").unwrap().1.split_once("`allow`").unwrap().0;
    let mut words = listed.split_whitespace();
    let mut rules = Vec::new();
    while let (Some(method), Some(path)) = (words.next(), words.next()) {
        rules.push(format!("{method} {path}"));
    }
    rules.sort();
    let mut expected = GENERATION_ENDPOINTS;
    expected.sort_unstable();
    assert_eq!(rules, expected);
}

#[test]
fn every_setting_has_docs_and_a_type() {
    fn check(place: &str, schema: &Value) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let has = |key: &str| property.get(key).is_some();
                assert!(has("description"), "{place}.{name} has no docs");
                assert!(has("type") || has("$ref") || has("anyOf"), "{place}.{name} has no type: {property}");
            }
        }
    }
    let schema = schemars::schema_for!(ForwardSettings);
    check("forward", schema.as_value());
    for (name, definition) in schema.get("$defs").and_then(Value::as_object).unwrap() {
        check(name, definition);
    }
}

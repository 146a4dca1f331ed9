//! Changing some of the top-level fields of a body, and no other byte.

use bytes::Bytes;
use serde_json::Value;

use super::scan::WireFields;
use crate::InvalidInput;

/// A change of one top-level field of a body; all other bytes stay as they are.
#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    /// Gives a field this value, adding it where it isn't there.
    Set(&'static str, Value),
    /// Gives a field of the object that a field holds this value; adds what of that isn't there, and puts an object in
    /// the place of anything else.
    SetWithin(&'static str, &'static str, Value),
    /// Takes a field out.
    Remove(&'static str),
}

impl Edit {
    /// The body with the edits made, of which the last one counts that names a field. A body that isn't a JSON object,
    /// or that has a field twice, is a mistake.
    pub fn apply(edits: &[Self], body: &Bytes) -> Result<Bytes, InvalidInput> {
        let fields = WireFields::scan(body)?;
        Ok(if edits.is_empty() { body.clone() } else { fields.edited(edits).into() })
    }

    /// What it writes in the place of a value, if that is there; nothing where it takes the field out.
    fn written(&self, value: Option<&str>) -> Option<String> {
        match self {
            Self::Remove(_) => None,
            Self::Set(_, value) => Some(value.to_string()),
            Self::SetWithin(_, name, within) => {
                let fields = value.and_then(|value| WireFields::scan(value.as_bytes()).ok());
                let edited = fields.map(|fields| fields.edited(&[Self::Set(name, within.clone())]));
                let edited = edited.and_then(|edited| String::from_utf8(edited).ok());
                edited.or_else(|| Some(format!("{{{}:{within}}}", Value::from(*name))))
            }
        }
    }

    /// The field that it is about.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Set(name, _) | Self::SetWithin(name, _, _) | Self::Remove(name) => name,
        }
    }
}

impl WireFields<'_> {
    /// The bytes with the edits made, of which the last one counts that names a field.
    pub fn edited(&self, edits: &[Edit]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + 64 * edits.len());
        out.extend_from_slice(&self.text.as_bytes()[..self.begin]);
        // What stands before a field is its comma, unless it is the first that stays.
        let (mut end_before, mut has_fields) = (self.begin, false);
        let first_at = self.fields.first().map_or(self.begin, |field| field.begin);
        for field in &self.fields {
            let before = std::mem::replace(&mut end_before, field.value.end)..field.begin;
            let edit = edits.iter().rfind(|edit| edit.field() == field.name);
            let value = &self.text[field.value.clone()];
            let written = edit.map(|edit| edit.written(Some(value)));
            if written == Some(None) {
                continue;
            }
            let before = if has_fields { before } else { self.begin..first_at };
            out.extend_from_slice(&self.text.as_bytes()[before]);
            has_fields = true;
            out.extend_from_slice(&self.text.as_bytes()[field.begin..field.value.start]);
            out.extend_from_slice(written.flatten().as_deref().unwrap_or(value).as_bytes());
        }
        for (index, edit) in edits.iter().enumerate() {
            let is_there = self.fields.iter().any(|field| field.name == edit.field());
            let is_last = edits[index + 1..].iter().all(|later| later.field() != edit.field());
            if let (Some(value), false, true) = (edit.written(None), is_there, is_last) {
                let comma = if has_fields { "," } else { "" };
                out.extend_from_slice(format!("{comma}{}:{value}", Value::from(edit.field())).as_bytes());
                has_fields = true;
            }
        }
        out.extend_from_slice(&self.text.as_bytes()[end_before..]);
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::wire::any_json::any_json;

    fn edited(body: &str, edits: &[Edit]) -> String {
        let body = Bytes::copy_from_slice(body.as_bytes());
        String::from_utf8(Edit::apply(edits, &body).unwrap().into()).unwrap()
    }

    fn set(name: &'static str, value: Value) -> Edit {
        Edit::Set(name, value)
    }

    #[test]
    fn nothing_but_what_is_named_changes() {
        let body = "{ \"model\" : \"a\" ,\r\n\t\"n\":1e0,\"novel\": [ 1.50, \"\\u00e9\" ] }\n";
        for (edits, expected) in [
            (vec![], body.to_owned()),
            (vec![set("model", json!("b\"c"))], body.replace("\"a\"", "\"b\\\"c\"")),
            (vec![set("n", json!(2)), set("n", json!(3))], body.replace("1e0", "3")),
            (vec![set("m", json!({"a": 1}))], body.replace("] }", "],\"m\":{\"a\":1} }")),
            (vec![Edit::Remove("absent")], body.to_owned()),
            (vec![Edit::Remove("model")], body.replace("\"model\" : \"a\" ,\r\n\t", "")),
            (vec![Edit::Remove("n")], body.replace(" ,\r\n\t\"n\":1e0", "")),
            (vec![Edit::Remove("novel")], body.replace(",\"novel\": [ 1.50, \"\\u00e9\" ]", "")),
            (
                vec![Edit::Remove("model"), Edit::Remove("n")],
                "{ \"novel\": [ 1.50, \"\\u00e9\" ] }\n".to_owned(),
            ),
            (vec![Edit::Remove("n"), set("n", json!(2))], body.replace("1e0", "2")),
            (
                vec![Edit::Remove("model"), Edit::Remove("n"), Edit::Remove("novel"), set("x", json!(1))],
                "{\"x\":1 }\n".to_owned(),
            ),
            (vec![set("x", json!(1)), Edit::Remove("x")], body.to_owned()),
        ] {
            assert_eq!(edited(body, &edits), expected, "{edits:?}");
        }
        assert_eq!(edited("{}", &[set("a", json!(1)), set("b", json!(2))]), r#"{"a":1,"b":2}"#);
    }

    #[test]
    fn what_lies_within_a_field_is_changed_alone() {
        let within = [Edit::SetWithin("options", "told", json!(true))];
        for (body, expected) in [
            (
                r#"{"options" : { "x": 1.50, "told" : null } }"#,
                r#"{"options" : { "x": 1.50, "told" : true } }"#,
            ),
            (r#"{"options": {"x": 1e400}}"#, r#"{"options": {"x": 1e400,"told":true}}"#),
            (r#"{"options": null, "n": 1}"#, r#"{"options": {"told":true}, "n": 1}"#),
            (r#"{"n": 1}"#, r#"{"n": 1,"options":{"told":true}}"#),
        ] {
            assert_eq!(edited(body, &within), expected);
        }
    }

    #[test]
    fn a_name_with_escapes_is_the_same_name() {
        assert_eq!(edited(r#"{"mod\u0065l": 1}"#, &[set("model", json!(2))]), r#"{"mod\u0065l": 2}"#);
    }

    #[test]
    fn a_body_that_is_not_edited_is_not_copied() {
        let body = Bytes::from_static(b"{\"a\": 1}");
        assert_eq!(Edit::apply(&[], &body).unwrap().as_ptr(), body.as_ptr());
        assert!(Edit::apply(&[], &Bytes::from_static(b"{\"a\": 1")).is_err());
    }

    /// Few names, so that edits meet fields.
    const NAMES: [&str; 4] = ["a", "b", "model", "é"];

    fn edit() -> impl Strategy<Value = Edit> {
        let name = prop::sample::select(NAMES.to_vec());
        (name.clone(), prop::option::of((any_json(), prop::option::of(name)))).prop_map(|(name, value)| {
            match value {
                Some((value, Some(within))) => Edit::SetWithin(name, within, value),
                Some((value, None)) => Edit::Set(name, value),
                None => Edit::Remove(name),
            }
        })
    }

    proptest! {
        #[test]
        fn an_edited_body_means_what_edits_of_its_value_mean(
            fields in prop::collection::btree_map(prop::sample::select(NAMES.to_vec()), any_json(), 0..4),
            edits in prop::collection::vec(edit(), 0..6),
            is_pretty in any::<bool>(),
        ) {
            let mut map: Map<String, Value> =
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let written = |map: &Map<String, Value>| {
                if is_pretty { serde_json::to_string_pretty(map) } else { serde_json::to_string(map) }.unwrap()
            };
            let after = edited(&written(&map), &edits);
            for edit in NAMES.iter().filter_map(|name| edits.iter().rfind(|edit| edit.field() == *name)) {
                match edit.clone() {
                    Edit::Set(name, value) => _ = map.insert(name.to_owned(), value),
                    Edit::SetWithin(name, within, value) => {
                        let whole = map.entry(name).or_insert(Value::Null);
                        if !whole.is_object() {
                            *whole = json!({});
                        }
                        whole[within] = value;
                    }
                    Edit::Remove(name) => _ = map.remove(name),
                }
            }
            prop_assert_eq!(serde_json::from_str::<Map<String, Value>>(&after).unwrap(), map);
        }
    }
}

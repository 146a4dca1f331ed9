//! Changes to the fields of a JSON object; what isn't named stays byte for byte.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::object::{Member, NotAnObject, Object};

/// What is to be done, by the fields' names.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldEdits(BTreeMap<String, FieldEdit>);

/// What is to be done with one field.
#[derive(Clone, Debug)]
pub(super) enum FieldEdit {
    /// Another text for some of its texts.
    Rename(BTreeMap<String, String>),
    /// This value, whatever is there.
    Set(Value),
    /// This value, if there is none or null.
    Default(Value),
    /// Not there any more.
    Drop,
    /// Changes within it.
    Within(FieldEdits),
}

/// Why a body can't be changed. Quotes no value of it.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct EditError {
    /// The field that is meant, none for the whole.
    place: String,
    problem: String,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => write!(f, "the body {}", self.problem),
            place => write!(f, "the field {place} {}", self.problem),
        }
    }
}

impl FieldEdits {
    /// Adds an edit for a field, which may lie in others: `stream_options.include_usage`. Says what is allowed if
    /// there is an edit of that field already, or of one in it or around it.
    pub(super) fn insert(&mut self, path: &str, edit: FieldEdit) -> Result<(), &'static str> {
        const ONCE: &str = "must be named once, and none in it or around it";
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        if name.is_empty() {
            return Err("must be the name of a field, or names with dots between them");
        }
        match (self.0.get_mut(name), rest, edit) {
            (Some(FieldEdit::Within(edits)), Some(rest), edit) => edits.insert(rest, edit)?,
            (Some(FieldEdit::Rename(known)), None, FieldEdit::Rename(more)) => known.extend(more),
            (Some(_), ..) => return Err(ONCE),
            (None, None, edit) => {
                self.0.insert(name.to_owned(), edit);
            }
            (None, Some(rest), edit) => {
                let mut edits = Self::default();
                edits.insert(rest, edit)?;
                self.0.insert(name.to_owned(), FieldEdit::Within(edits));
            }
        }
        Ok(())
    }

    /// The text of an object with the changes made; none if there is nothing to change.
    pub(super) fn edit(&self, text: &str) -> Result<Option<String>, EditError> {
        let mut editing = Editing { text: String::with_capacity(text.len() + 64), is_changed: false };
        editing.object(self, text, "")?;
        Ok(editing.is_changed.then_some(editing.text))
    }

    /// An object of nothing but what is set; none if nothing is.
    fn made(&self) -> Option<Value> {
        let made = self.0.iter().filter_map(|(name, edit)| Some((name.clone(), edit.made()?)));
        let made: serde_json::Map<_, _> = made.collect();
        if made.is_empty() { None } else { Some(Value::Object(made)) }
    }
}

impl FieldEdit {
    /// The value of a field that isn't there.
    fn made(&self) -> Option<Value> {
        match self {
            Self::Set(value) | Self::Default(value) => Some(value.clone()),
            Self::Within(edits) => edits.made(),
            Self::Rename(_) | Self::Drop => None,
        }
    }
}

struct Editing {
    text: String,
    is_changed: bool,
}

impl Editing {
    fn object(&mut self, edits: &FieldEdits, text: &str, place: &str) -> Result<(), EditError> {
        let object = Object::read(text).map_err(|error| edit_error(error, place))?;
        self.text += object.head;
        let members_at = self.text.len();
        for member in &object.members {
            match edits.0.get(member.name.as_ref()) {
                Some(FieldEdit::Drop) => self.is_changed = true,
                edit => {
                    self.comma_since(members_at);
                    self.member(edit, member, place)?;
                }
            }
        }
        for (name, edit) in &edits.0 {
            let Some(value) = edit.made() else { continue };
            if object.members.iter().all(|member| member.name != *name) {
                self.comma_since(members_at);
                self.text += &format!("{}:{value}", Value::from(name.as_str()));
                self.is_changed = true;
            }
        }
        self.text += object.tail;
        Ok(())
    }

    fn member(
        &mut self,
        edit: Option<&FieldEdit>,
        member: &Member<'_>,
        place: &str,
    ) -> Result<(), EditError> {
        let Member { name, before, value, after } = member;
        self.text += before;
        match edit {
            Some(edit) => self.value(edit, value, &below(place, name))?,
            None => self.text += value,
        }
        self.text += after;
        Ok(())
    }

    fn value(&mut self, edit: &FieldEdit, value: &str, place: &str) -> Result<(), EditError> {
        let other = match edit {
            FieldEdit::Within(edits) if value.starts_with('{') => return self.object(edits, value, place),
            FieldEdit::Within(edits) if value != "null" && edits.made().is_some() => {
                let problem = "must be an object, since a field in it is set here".to_owned();
                return Err(EditError { place: place.to_owned(), problem });
            }
            FieldEdit::Within(edits) if value == "null" => edits.made(),
            FieldEdit::Default(other) if value == "null" => Some(other.clone()),
            FieldEdit::Set(other) => Some(other.clone()),
            FieldEdit::Rename(names) => {
                let name = serde_json::from_str::<String>(value).ok();
                name.and_then(|name| names.get(&name)).map(|name| Value::from(name.as_str()))
            }
            FieldEdit::Within(_) | FieldEdit::Default(_) | FieldEdit::Drop => None,
        };
        match other.map(|other| other.to_string()).filter(|other| other != value) {
            Some(other) => {
                self.text += &other;
                self.is_changed = true;
            }
            None => self.text += value,
        }
        Ok(())
    }

    /// A comma, if there is something before what comes.
    fn comma_since(&mut self, members_at: usize) {
        if self.text.len() > members_at {
            self.text.push(',');
        }
    }
}

fn below(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

fn edit_error(error: NotAnObject, place: &str) -> EditError {
    let (place, problem) = match error {
        NotAnObject::Json { line, column } => {
            (place.to_owned(), format!("isn't JSON at line {line}, column {column}"))
        }
        NotAnObject::Other => (place.to_owned(), "must be a JSON object".to_owned()),
        NotAnObject::TooManyFields => (place.to_owned(), "has too many fields".to_owned()),
        NotAnObject::Twice(name) => (below(place, &name), "is there twice".to_owned()),
    };
    EditError { place, problem }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};
    use serde_json::json;

    use super::*;

    fn edits(these: &[(&str, FieldEdit)]) -> FieldEdits {
        let mut edits = FieldEdits::default();
        for (path, edit) in these {
            edits.insert(path, edit.clone()).unwrap();
        }
        edits
    }

    fn set(value: Value) -> FieldEdit {
        FieldEdit::Set(value)
    }

    fn default(value: Value) -> FieldEdit {
        FieldEdit::Default(value)
    }

    fn rename(from: &str, to: &str) -> FieldEdit {
        FieldEdit::Rename(BTreeMap::from([(from.to_owned(), to.to_owned())]))
    }

    fn check(these: &[(&str, FieldEdit)], before: &str, after: &str) {
        let edited = edits(these).edit(before).unwrap();
        let expected = (before != after).then(|| after.to_owned());
        assert_eq!(edited, expected, "{these:?} {before}");
    }

    #[test]
    fn names_of_models_are_changed_and_no_other_values() {
        let model = [("model", rename("fast", "gpt-5-mini")), ("model", rename("slow", "gpt-5"))];
        check(&model, r#"{"model":"fast"}"#, r#"{"model":"gpt-5-mini"}"#);
        check(&model, r#"{ "model" : "slow" , "n":1.0}"#, r#"{ "model" : "gpt-5" , "n":1.0}"#);
        check(&model, r#"{"mod\u0065l":"f\u0061st"}"#, r#"{"mod\u0065l":"gpt-5-mini"}"#);
        for untouched in [r#"{"model":"other"}"#, r#"{"model":["fast"]}"#, r#"{"a":{"model":"fast"}}"#, "{}"]
        {
            check(&model, untouched, untouched);
        }
    }

    #[test]
    fn a_field_is_set_whatever_is_there() {
        let store = [("store", set(json!(false)))];
        check(&store, "{}", r#"{"store":false}"#);
        check(&store, r#"{"store":true,"a":1}"#, r#"{"store":false,"a":1}"#);
        check(&store, r#"{"a":1 }"#, r#"{"a":1 ,"store":false}"#);
        check(&store, r#"{"store":false}"#, r#"{"store":false}"#);
        check(&store, r#"{"store":{"store":true}}"#, r#"{"store":false}"#);
        check(&[("a\"b", set(json!({"c": [1]})))], "{}", r#"{"a\"b":{"c":[1]}}"#);
    }

    #[test]
    fn a_default_counts_where_there_is_nothing_or_null() {
        let tokens = [("max_tokens", default(json!(100)))];
        check(&tokens, "{}", r#"{"max_tokens":100}"#);
        check(&tokens, r#"{"max_tokens":null}"#, r#"{"max_tokens":100}"#);
        check(&tokens, r#"{"max_tokens":5}"#, r#"{"max_tokens":5}"#);
        check(&tokens, r#"{"max_tokens":0}"#, r#"{"max_tokens":0}"#);
    }

    #[test]
    fn a_dropped_field_takes_its_comma_along() {
        let user = [("user", FieldEdit::Drop), ("seed", FieldEdit::Drop)];
        check(&user, r#"{"user":"u"}"#, "{}");
        check(&user, r#"{"user":"u","a":1}"#, r#"{"a":1}"#);
        check(&user, r#"{"a":1, "user":{"b":[]}, "c":2}"#, r#"{"a":1, "c":2}"#);
        check(&user, r#"{"a":1, "user":"u", "seed":1 }"#, r#"{"a":1}"#);
        check(&user, r#"{"a":{"user":"u"}}"#, r#"{"a":{"user":"u"}}"#);
    }

    #[test]
    fn fields_within_fields_are_changed() {
        let usage = [("stream_options.include_usage", set(json!(true)))];
        check(&usage, "{}", r#"{"stream_options":{"include_usage":true}}"#);
        check(&usage, r#"{"stream_options":null}"#, r#"{"stream_options":{"include_usage":true}}"#);
        check(
            &usage,
            r#"{"stream_options":{"x": 1}}"#,
            r#"{"stream_options":{"x": 1,"include_usage":true}}"#,
        );
        let several = [("a.b.c", FieldEdit::Drop), ("a.b.d", default(json!(1))), ("a.e", set(json!(2)))];
        check(&several, r#"{"a":{"b":{"c":0,"x":9}}}"#, r#"{"a":{"b":{"x":9,"d":1},"e":2}}"#);
        let drop = [("a.b", FieldEdit::Drop)];
        for untouched in ["{}", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":[{"b":1}]}"#] {
            check(&drop, untouched, untouched);
        }
    }

    #[test]
    fn numbers_texts_and_order_stay_as_they_are_written() {
        check(
            &[("n", set(json!(1)))],
            "\n{ \"z\":1.50 ,\"big\":123456789012345678901234567890,\"e\":1E5,\"t\":\"\\u00e9\\/\",\"a\":[ 1 ]}\n",
            "\n{ \"z\":1.50 ,\"big\":123456789012345678901234567890,\"e\":1E5,\"t\":\"\\u00e9\\/\",\"a\":[ 1 ],\"n\":1}\n",
        );
    }

    #[test]
    fn a_field_has_one_edit() {
        for (first, second) in
            [("a", "a"), ("a", "a.b"), ("a.b", "a"), ("a.b", "a.b"), ("x", ""), ("x", "a..b")]
        {
            let mut edits = edits(&[(first, FieldEdit::Drop)]);
            assert!(edits.insert(second, set(json!(1))).is_err(), "{first} {second}");
        }
    }

    #[test]
    fn what_cannot_be_changed_is_named() {
        let edits = edits(&[("a.b", set(json!(1))), ("c.d", FieldEdit::Drop)]);
        for (text, expected) in [
            ("", "the body isn't JSON at line 1, column 0"),
            ("{\"a\":", "the body isn't JSON at line 1, column 5"),
            ("[\"secret\"]", "the body must be a JSON object"),
            (r#"{"x":1,"x":2}"#, "the field x is there twice"),
            (r#"{"a":{"x":1,"x":2}}"#, "the field a.x is there twice"),
            (r#"{"a":"secret"}"#, "the field a must be an object, since a field in it is set here"),
        ] {
            assert_eq!(edits.edit(text).unwrap_err().to_string(), expected, "{text}");
        }
    }

    proptest! {
        /// Any object, written in any way: what is named changes as it would in a value, all else stays as it was.
        #[test]
        fn edits_do_what_they_say_and_nothing_else(
            names in proptest::collection::btree_set("[a-d\"\\\\ é]{0,2}", 0..6),
            pieces in proptest::collection::vec((0..6_usize, 0..4_usize), 6),
        ) {
            let values = ["1.50", "\"a,}\\\"\"", "[ {\"x\":1} ]", "{\"b\" : null}", "null", "1E400"];
            let spaces = ["", " ", "\n\t", "  "];
            let members: Vec<String> = names.iter().zip(&pieces).map(|(name, (value, space))| {
                let (name, space) = (serde_json::to_string(name).unwrap(), spaces[*space]);
                format!("{space}{name}{space}:{space}{}{space}", values[*value])
            }).collect();
            let text = format!("{{{}}}", members.join(","));
            let edits = edits(&[("a", FieldEdit::Drop), ("b", set(json!(7))), ("c", default(json!([])))]);
            let edited = edits.edit(&text).unwrap().unwrap_or_else(|| text.clone());

            let mut kept: Vec<String> = Vec::new();
            for ((name, (value, _)), member) in names.iter().zip(&pieces).zip(&members) {
                match name.as_str() {
                    "a" => {}
                    "b" => kept.push(member.replacen(values[*value], "7", 1)),
                    "c" if values[*value] == "null" => kept.push(member.replace("null", "[]")),
                    _ => kept.push(member.clone()),
                }
            }
            let added = [("b", "\"b\":7"), ("c", "\"c\":[]")];
            let added = added.into_iter().filter(|(name, _)| !names.contains(*name));
            kept.extend(added.map(|(_, member)| member.to_owned()));
            prop_assert_eq!(edited, format!("{{{}}}", kept.join(",")));
        }
    }
}

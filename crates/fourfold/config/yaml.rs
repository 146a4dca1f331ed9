//! The configuration file: YAML with the type and the line of each value, and of a number the exact text.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, MessageFormatter, Spanned, UserMessageFormatter};

use super::error::Problem;
use super::tree::{Node, Number, Origin, Value};

/// Reads the text of a file; `name` is what errors call it. An empty file sets nothing.
pub(super) fn parse(name: &str, text: &str) -> Result<Node, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file = File { name: name.into(), text };
    // YAML 1.2: `yes` and `off` are text, as people who write `filter: off` mean it.
    let options = serde_saphyr::options! { strict_booleans: true };
    let written: Spanned<Written> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| file.problem(&error))?;
    match written.value {
        Written::Map(_) => Ok(file.node(written)),
        Written::Null => {
            Ok(Node { value: Value::Map(BTreeMap::new()), origin: file.origin(&Location::UNKNOWN) })
        }
        _ => Err(Problem::of(name, "expected settings such as `data_dir: ./data`")),
    }
}

/// A value as the reader gives it. Keys carry a location too: it is theirs that an error names.
enum Written {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Written>>),
    Map(Vec<(Spanned<String>, Spanned<Written>)>),
}

struct File<'a> {
    name: Arc<str>,
    text: &'a str,
}

impl File<'_> {
    fn node(&self, written: Spanned<Written>) -> Node {
        let value = match written.value {
            Written::Null => Value::Null,
            Written::Bool(value) => Value::Bool(value),
            Written::Number(number) => Value::Number(number, self.exact_text(number, &written.defined)),
            Written::Text(text) => Value::Text(text),
            Written::List(items) => Value::List(items.into_iter().map(|item| self.node(item)).collect()),
            Written::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, entry)| {
                        let origin = self.origin(&key.referenced);
                        (key.value, Node { origin, ..self.node(entry) })
                    })
                    .collect(),
            ),
        };
        Node { value, origin: self.origin(&written.referenced) }
    }

    fn exact_text(&self, number: Number, location: &Location) -> String {
        let span = location.span();
        let start = span.byte_offset().and_then(|start| usize::try_from(start).ok());
        let length = span.byte_len().and_then(|length| usize::try_from(length).ok());
        let text = start.zip(length).and_then(|(start, length)| self.text.get(start..start + length));
        text.map_or_else(|| number.to_string(), str::to_owned)
    }

    fn origin(&self, location: &Location) -> Origin {
        Origin::File { name: self.name.clone(), line: location.line() }
    }

    /// Without the snippet that the reader would show, since a secret may stand in it.
    fn problem(&self, error: &serde_saphyr::Error) -> Problem {
        let origin = self.origin(&error.location().unwrap_or(Location::UNKNOWN));
        Problem::of(origin, UserMessageFormatter.format_message(error.without_snippet()))
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting")
    }

    fn visit_unit<E: Error>(self) -> Result<Written, E> {
        Ok(Written::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Written, E> {
        Ok(Written::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Written, E> {
        Ok(Written::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Written, E> {
        Ok(Written::Number(Number::Unsigned(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Written, E> {
        Ok(Written::Number(Number::Signed(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Written, E> {
        Ok(Written::Number(Number::Float(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Written, E> {
        Ok(Written::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Written, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Written::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Written, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Written::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::path::SettingPath;

    fn check(text: &str, path: &str, value: &Value, line: u64) {
        let tree = parse("fourfold.yaml", text).unwrap();
        let node = tree.get(SettingPath::parse(path).steps()).unwrap();
        assert_eq!(&node.value, value, "{text}");
        assert_eq!(node.origin, Origin::File { name: "fourfold.yaml".into(), line }, "{text}");
    }

    fn number(number: Number, text: &str) -> Value {
        Value::Number(number, text.to_owned())
    }

    #[test]
    fn values_keep_their_type_and_line() {
        let text = |text: &str| Value::Text(text.to_owned());
        check("# é\na:\n  b: x\n", "a.b", &text("x"), 3);
        check("a: true", "a", &Value::Bool(true), 1);
        check("a: yes", "a", &text("yes"), 1);
        check("a: \"true\"", "a", &text("true"), 1);
        check("\n\na:\n", "a", &Value::Null, 3);
        check("a: 127.0.0.1:8080", "a", &text("127.0.0.1:8080"), 1);
        check("a: ${NAME}", "a", &text("${NAME}"), 1);
        check("a: &x {b: 1}\nc:\n  <<: *x\n", "c.b", &number(Number::Unsigned(1), "1"), 3);
    }

    #[test]
    fn a_section_has_the_line_of_its_key() {
        let tree = parse("fourfold.yaml", "\na:\n\n  b: 1\n").unwrap();
        let origin = &tree.get(SettingPath::parse("a").steps()).unwrap().origin;
        assert_eq!(origin.to_string(), "fourfold.yaml line 2");
    }

    #[test]
    fn numbers_keep_their_exact_text() {
        check("# é\na: 00123", "a", &number(Number::Float(123.0), "00123"), 2);
        check("\u{feff}a: 1.10", "a", &number(Number::Float(1.1), "1.10"), 1);
        check("a: &x 0077\nb: *x", "b", &number(Number::Float(77.0), "0077"), 2);
        check("a: -5", "a", &number(Number::Signed(-5), "-5"), 1);
        check("a: 1_000", "a", &number(Number::Unsigned(1000), "1_000"), 1);
    }

    #[test]
    fn an_empty_file_sets_nothing() {
        for text in ["", "# only a note\n", "---\n"] {
            assert_eq!(parse("fourfold.yaml", text).unwrap().value, Value::Map(BTreeMap::new()), "{text}");
        }
    }

    #[test]
    fn broken_yaml_is_named_by_line_and_not_quoted() {
        for (text, expected) in [
            ("a: 1\na: 2\n", "fourfold.yaml line 2: duplicate mapping key `a` is not allowed here"),
            ("a: 1\nkey: sk-1: x\n", "fourfold.yaml line 2: mapping values are not allowed in this context"),
            ("- sk-1\n", "fourfold.yaml: expected settings such as `data_dir: ./data`"),
            ("sk-1\n", "fourfold.yaml: expected settings such as `data_dir: ./data`"),
        ] {
            assert_eq!(parse("fourfold.yaml", text).unwrap_err().to_string(), expected);
        }
    }
}

//! The tree as something to deserialize from. Text of a variable becomes what the setting's type asks for,
//! and only then: a number for a number, the exact text for a string, the parts between commas for a list.
//! What the file wrote keeps its type, except that a bare number may stand for text.
//!
//! Types that serde buffers before it knows them (`flatten`, `untagged`, internally tagged) ask for nothing,
//! so inside them a variable stays text; settings that variables should reach don't use these.

use std::collections::btree_map;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::mismatch::Mismatch;
use super::path::Step;
use super::tree::{Node, Number, Value};

/// Reads settings from the tree.
pub(super) fn read<T: DeserializeOwned>(tree: &Node) -> Result<T, Mismatch> {
    T::deserialize(Reader(tree))
}

struct Reader<'a>(&'a Node);

impl<'a> Reader<'a> {
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.0.value {
            Value::Untyped(text) => match Number::parse(text) {
                Some(number) => visit_number(number, visitor),
                None => visitor.visit_str(text),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn entries(&self, skips_null: bool) -> Option<Entries<'a>> {
        let entries = match &self.0.value {
            Value::Map(entries) => entries.iter(),
            Value::Null => btree_map::Iter::default(),
            _ => return None,
        };
        Some(Entries { entries, value: None, skips_null })
    }
}

macro_rules! deserialize_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            self.number(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number, _) => visit_number(*number, visitor),
            Value::Text(text) | Value::Untyped(text) => visitor.visit_str(text),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
        }
    }

    deserialize_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.0.value {
            Value::Untyped(text) => match text.to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => visitor.visit_bool(true),
                "false" | "no" | "off" | "0" => visitor.visit_bool(false),
                _ => visitor.visit_str(text),
            },
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.0.value {
            Value::Number(_, text) => visitor.visit_str(text),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.0.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match &self.0.value {
            Value::List(nodes) => visitor.visit_seq(Items { nodes: nodes.iter(), index: 0 }),
            Value::Null => visitor.visit_seq(Items { nodes: [].iter(), index: 0 }),
            Value::Untyped(text) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let nodes: Vec<Node> = parts
                    .map(|part| Node {
                        value: Value::Untyped(part.to_owned()),
                        origin: self.0.origin.clone(),
                    })
                    .collect();
                visitor.visit_seq(Items { nodes: nodes.iter(), index: 0 })
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.entries(false) {
            Some(entries) => visitor.visit_map(entries),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.entries(true) {
            Some(entries) => visitor.visit_map(entries),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match (&self.0.value, self.entries(false)) {
            (Value::Text(text) | Value::Untyped(text), _) => {
                visitor.visit_enum(text.as_str().into_deserializer())
            }
            (_, Some(entries)) => visitor.visit_enum(MapAccessDeserializer::new(entries)),
            (_, None) => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple_struct identifier ignored_any
    }
}

struct Items<'a> {
    nodes: std::slice::Iter<'a, Node>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        let Some(node) = self.nodes.next() else { return Ok(None) };
        let step = Step::Index(self.index);
        self.index += 1;
        seed.deserialize(Reader(node)).map(Some).map_err(|mismatch| mismatch.inside(step, node))
    }
}

struct Entries<'a> {
    entries: btree_map::Iter<'a, String, Node>,
    value: Option<(&'a String, &'a Node)>,
    /// In a struct, a key of the file with nothing behind it counts as not set.
    skips_null: bool,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        self.value = self.entries.find(|(_, node)| !(self.skips_null && node.value == Value::Null));
        let Some((key, node)) = self.value else { return Ok(None) };
        let key_read = seed.deserialize(key.as_str().into_deserializer());
        key_read.map(Some).map_err(|mismatch: Mismatch| mismatch.inside(Step::Key(key.clone()), node))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let (key, node) = self.value.take().expect("serde asks for a value only after its key");
        seed.deserialize(Reader(node)).map_err(|mismatch| mismatch.inside(Step::Key(key.clone()), node))
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: Number, visitor: V) -> Result<V::Value, Mismatch> {
    match number {
        Number::Unsigned(value) => visitor.visit_u64(value),
        Number::Signed(value) => visitor.visit_i64(value),
        Number::Float(value) => visitor.visit_f64(value),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;
    use std::net::SocketAddr;
    use std::time::Duration;

    use serde::Deserialize;

    use super::*;
    use crate::config::mismatch::MismatchReason;
    use crate::config::tree::Origin;
    use crate::config::yaml;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Choice {
        One,
        Many(u8),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(transparent)]
    struct Wait(#[serde(with = "fourfold_domain::serde_duration")] Duration);

    fn variable(text: &str) -> Node {
        let origin = Origin::Environment { variable: "VARIABLE".to_owned() };
        Node { value: Value::Untyped(text.to_owned()), origin }
    }

    fn check_variable<T: DeserializeOwned + PartialEq + Debug>(text: &str, expected: &T) {
        assert_eq!(&read::<T>(&variable(text)).unwrap(), expected, "{text}");
    }

    fn check_file<T: DeserializeOwned + PartialEq + Debug>(yaml: &str, expected: &T) {
        let tree = yaml::parse("fourfold.yaml", &format!("setting: {yaml}")).unwrap();
        let settings: BTreeMap<String, T> = read(&tree).unwrap();
        assert_eq!(&settings["setting"], expected, "{yaml}");
    }

    fn check_refused<T: DeserializeOwned + Debug>(yaml: &str) {
        let tree = yaml::parse("fourfold.yaml", &format!("setting: {yaml}")).unwrap();
        let mismatch = read::<BTreeMap<String, T>>(&tree).unwrap_err();
        assert_eq!(mismatch.path().to_string(), "setting", "{yaml}");
    }

    #[test]
    fn variables_become_what_the_type_asks_for() {
        check_variable("00123", &"00123".to_owned());
        check_variable("true", &"true".to_owned());
        check_variable("1e3", &Some("1e3".to_owned()));
        check_variable("8080", &8080_u16);
        check_variable("-5", &-5_i64);
        check_variable("0.5", &0.5_f64);
        check_variable("5", &5.0_f64);
        check_variable("Yes", &true);
        check_variable("0", &false);
        check_variable("one", &Choice::One);
        check_variable("127.0.0.1:80", &"127.0.0.1:80".parse::<SocketAddr>().unwrap());
        check_variable("200ms", &Wait(Duration::from_millis(200)));
        check_variable("2", &Wait(Duration::from_secs(2)));
    }

    #[test]
    fn variables_split_at_commas_for_lists() {
        check_variable("a, b,,c ", &vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        check_variable("1,2", &vec![1_u8, 2]);
        check_variable("a,b", &Some(vec!["a".to_owned(), "b".to_owned()]));
        check_variable("a,b", &"a,b".to_owned());
    }

    #[test]
    fn values_of_the_file_keep_their_type() {
        check_file("5", &5_u64);
        check_file("1.5", &1.5_f64);
        check_file("true", &true);
        check_file("[a, 2]", &vec!["a".to_owned(), "2".to_owned()]);
        check_file("{many: 3}", &Choice::Many(3));
        check_file("0.5", &Wait(Duration::from_millis(500)));
        check_file("null", &None::<u8>);
        check_refused::<u64>("\"5\"");
        check_refused::<bool>("\"true\"");
        check_refused::<bool>("yes");
        check_refused::<bool>("1");
        check_refused::<Vec<String>>("a,b");
        check_refused::<String>("true");
        check_refused::<u8>("256");
        check_refused::<u8>("{a: 1}");
        check_refused::<String>("[a]");
    }

    #[test]
    fn bare_numbers_of_the_file_stay_exact_as_text() {
        check_file("00123", &"00123".to_owned());
        check_file("1.10", &"1.10".to_owned());
        check_file("123456789012345678901234567890", &"123456789012345678901234567890".to_owned());
    }

    #[test]
    fn a_key_without_a_value_counts_as_not_set() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(default)]
        struct Section {
            number: u8,
        }
        impl Default for Section {
            fn default() -> Self {
                Self { number: 7 }
            }
        }
        check_file("{number: }", &Section { number: 7 });
        check_file("", &Section { number: 7 });
        check_file("", &Vec::<String>::new());
        check_file("{entry: }", &BTreeMap::from([("entry".to_owned(), Section { number: 7 })]));
    }

    #[test]
    fn a_mismatch_names_the_innermost_value() {
        let tree = yaml::parse("fourfold.yaml", "a:\n  b:\n    - 1\n    - x\n").unwrap();
        let mismatch = read::<BTreeMap<String, BTreeMap<String, Vec<u8>>>>(&tree).unwrap_err();
        assert_eq!(mismatch.path().to_string(), "a.b[1]");
        let value = mismatch.value.unwrap();
        assert_eq!(value.origin.to_string(), "fourfold.yaml line 4");
        assert_eq!(value.quotable.as_deref(), Some("x"));
        assert_eq!(mismatch.reason, MismatchReason::WrongType { expected: "u8".to_owned() });
    }
}

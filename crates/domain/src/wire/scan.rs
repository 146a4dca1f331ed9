//! Where the top-level fields of a JSON object are, without reading what they hold.
//!
//! Every byte is held to JSON's grammar, but no value is made of any, so this costs little more than going over the
//! bytes once. Eight bytes of a string are looked at together.

use std::borrow::Cow;
use std::ops::Range;

use crate::InvalidInput;

/// How deep objects and lists may lie within each other, the outermost counted.
const DEPTH_MAX: u32 = 128;

/// How many fields there may be: each is compared with those before it.
const FIELDS_MAX: usize = 256;

/// The top-level fields of a JSON object, each once, in the bytes that they came in.
///
/// ```
/// use fourfold_domain::WireFields;
///
/// let fields = WireFields::scan(br#"{"model": "fox", "n": [1, {"n": 2}]}"#)?;
/// assert_eq!(fields.get("n"), Some(r#"[1, {"n": 2}]"#));
/// assert!(WireFields::scan(br#"{"n": 1, "n": 2}"#).is_err());
/// # Ok::<(), fourfold_domain::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
pub struct WireFields<'b> {
    pub(super) text: &'b str,
    pub(super) fields: Vec<WireField<'b>>,
    /// Just behind the brace that opens the object.
    pub(super) begin: usize,
}

/// One field.
#[derive(Clone, Debug)]
pub(super) struct WireField<'b> {
    pub(super) name: Cow<'b, str>,
    /// Where its name begins, the quote included.
    pub(super) begin: usize,
    /// Where its value is.
    pub(super) value: Range<usize>,
}

impl<'b> WireFields<'b> {
    /// Finds the fields of a body. What is no JSON object, and a field that is there twice, is a mistake that says where.
    pub fn scan(body: &'b [u8]) -> Result<Self, InvalidInput> {
        let text = std::str::from_utf8(body)
            .map_err(|error| malformed(format!("must be UTF-8, which byte {} isn't", error.valid_up_to())))?;
        Scanner { bytes: body, at: 0 }.object(text)
    }

    /// The value of a field as it is written.
    pub fn get(&self, name: &str) -> Option<&'b str> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        self.text.get(field.value.clone())
    }

    /// The names of the fields, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| &*field.name)
    }
}

fn malformed(allowed: String) -> InvalidInput {
    InvalidInput::malformed("body", allowed)
}

/// The objects and lists that are open, the innermost in the lowest bit: whether each is an object.
#[derive(Default)]
struct Open {
    objects: u128,
    depth: u32,
}

impl Open {
    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn close(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }
}

struct Scanner<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Scanner<'b> {
    fn object(&mut self, text: &'b str) -> Result<WireFields<'b>, InvalidInput> {
        if self.next_token() != Some(b'{') {
            return Err(malformed("must be a JSON object".to_owned()));
        }
        self.at += 1;
        let (begin, mut fields) = (self.at, Vec::with_capacity(16));
        let mut is_first = true;
        loop {
            match self.next_token() {
                Some(b'}') if is_first => break,
                Some(b'"') => self.field(text, &mut fields)?,
                _ => return Err(self.wrong()),
            }
            is_first = false;
            match self.next_token() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.wrong()),
            }
        }
        self.at += 1;
        match self.next_token() {
            None => Ok(WireFields { text, fields, begin }),
            Some(_) => Err(self.wrong()),
        }
    }

    fn field(&mut self, text: &'b str, fields: &mut Vec<WireField<'b>>) -> Result<(), InvalidInput> {
        let begin = self.at;
        let has_escapes = self.string()?;
        let quoted = &text[begin..self.at];
        let name = match has_escapes {
            false => Cow::Borrowed(&quoted[1..quoted.len() - 1]),
            true => Cow::Owned(serde_json::from_str(quoted).map_err(|_| {
                malformed(format!("must be JSON, which the field name at byte {begin} isn't"))
            })?),
        };
        if fields.iter().any(|field| field.name == name) {
            return Err(InvalidInput::malformed(name.into_owned(), "must be given once"));
        }
        if fields.len() == FIELDS_MAX {
            return Err(malformed(format!("must have at most {FIELDS_MAX} fields")));
        }
        self.colon()?;
        self.next_token();
        let value_at = self.at;
        self.value()?;
        fields.push(WireField { name, begin, value: value_at..self.at });
        Ok(())
    }

    /// Goes over a value, whatever is in it.
    fn value(&mut self) -> Result<(), InvalidInput> {
        // The object whose field this is lies around it.
        let mut open = Open { objects: 0, depth: 1 };
        loop {
            match self.next_token() {
                Some(bracket @ (b'{' | b'[')) => {
                    if open.depth == DEPTH_MAX {
                        return Err(malformed(format!("must not be nested more than {DEPTH_MAX} deep")));
                    }
                    self.at += 1;
                    open.depth += 1;
                    open.objects = open.objects << 1 | u128::from(bracket == b'{');
                    let end = if bracket == b'{' { b'}' } else { b']' };
                    if self.next_token() != Some(end) {
                        if open.is_in_object() {
                            self.name()?;
                        }
                        continue;
                    }
                    self.at += 1;
                    open.close();
                }
                Some(b'"') => {
                    self.string()?;
                }
                Some(b't') => self.word(b"true")?,
                Some(b'f') => self.word(b"false")?,
                Some(b'n') => self.word(b"null")?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                _ => return Err(self.wrong()),
            }
            if self.ended(&mut open)? {
                return Ok(());
            }
        }
    }

    /// Goes on behind a value to the next within what is open. Whether nothing is open any more.
    fn ended(&mut self, open: &mut Open) -> Result<bool, InvalidInput> {
        while open.depth > 1 {
            match (self.next_token(), open.is_in_object()) {
                (Some(b','), is_in_object) => {
                    self.at += 1;
                    if is_in_object {
                        self.next_token();
                        self.name()?;
                    }
                    return Ok(false);
                }
                (Some(b'}'), true) | (Some(b']'), false) => {
                    self.at += 1;
                    open.close();
                }
                _ => return Err(self.wrong()),
            }
        }
        Ok(true)
    }

    /// Goes over the name of a field and the colon behind it.
    fn name(&mut self) -> Result<(), InvalidInput> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.wrong());
        }
        self.string()?;
        self.colon()
    }

    fn colon(&mut self) -> Result<(), InvalidInput> {
        if self.next_token() != Some(b':') {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    /// Goes over a string, from quote to quote. Whether it has escapes.
    fn string(&mut self) -> Result<bool, InvalidInput> {
        let mut has_escapes = false;
        self.at += 1;
        loop {
            self.plain();
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(has_escapes);
                }
                Some(b'\\') => {
                    has_escapes = true;
                    self.at += 1;
                    self.escape()?;
                }
                _ => return Err(self.wrong()),
            }
        }
    }

    /// Goes over what is in a string up to a quote, a backslash or what a string must not have.
    fn plain(&mut self) {
        while let Some(eight) = self.bytes[self.at..].first_chunk() {
            if has_special(u64::from_le_bytes(*eight)) {
                break;
            }
            self.at += 8;
        }
        let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
        self.at += self.bytes[self.at..].iter().take_while(|byte| is_plain(byte)).count();
    }

    fn escape(&mut self) -> Result<(), InvalidInput> {
        match self.bytes.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.bytes.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                        return Err(self.wrong());
                    }
                    self.at += 1;
                }
            }
            _ => return Err(self.wrong()),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), InvalidInput> {
        self.at += usize::from(self.bytes[self.at] == b'-');
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), InvalidInput> {
        match self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => Err(self.wrong()),
            digits => {
                self.at += digits;
                Ok(())
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), InvalidInput> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.wrong());
        }
        self.at += word.len();
        Ok(())
    }

    /// The next byte that isn't a space; goes to it.
    fn next_token(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn wrong(&self) -> InvalidInput {
        match self.bytes.get(self.at) {
            Some(_) => malformed(format!("must be JSON, which it stops to be at byte {}", self.at)),
            None => malformed("must be JSON, and ends too early".to_owned()),
        }
    }
}

/// Whether one of eight bytes is a quote, a backslash or below a space.
fn has_special(eight: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let has_zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes & HIGH;
    let below_space = eight.wrapping_sub(ONES * 0x20) & !eight & HIGH;
    (has_zero(eight ^ (ONES * u64::from(b'"'))) | has_zero(eight ^ (ONES * u64::from(b'\\'))) | below_space)
        != 0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;
    use crate::wire::any_json::any_json;

    fn values(body: &str) -> Vec<(String, String)> {
        let fields = WireFields::scan(body.as_bytes()).unwrap();
        fields.names().map(|name| (name.to_owned(), fields.get(name).unwrap().to_owned())).collect()
    }

    #[test]
    fn each_value_is_told_as_it_is_written() {
        let body = " {\"a\" :\t1 ,\n\"b\":[ {\"a\": \"}\"} , []],\"c\\\"\\u0064\": \"\\\\\" ,\"\":{}, \"e\":-0.5e+1 } ";
        let expected =
            [("a", "1"), ("b", "[ {\"a\": \"}\"} , []]"), ("c\"d", "\"\\\\\""), ("", "{}"), ("e", "-0.5e+1")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(values(body), expected);
        assert!(values("{}").is_empty() && values(" { } ").is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, mistake) in [
            (&b""[..], "body must be a JSON object"),
            (b"[]", "body must be a JSON object"),
            (b"{", "body must be JSON, and ends too early"),
            (b"{\"a\":1", "body must be JSON, and ends too early"),
            (b"{\"a\":1,}", "body must be JSON, which it stops to be at byte 7"),
            (b"{,}", "body must be JSON, which it stops to be at byte 1"),
            (b"{\"a\" 1}", "body must be JSON, which it stops to be at byte 5"),
            (b"{\"a\":01}", "body must be JSON, which it stops to be at byte 6"),
            (b"{\"a\":tru}", "body must be JSON, which it stops to be at byte 5"),
            (b"{\"a\":[1}", "body must be JSON, which it stops to be at byte 7"),
            (b"{\"a\":[1]]", "body must be JSON, which it stops to be at byte 8"),
            (b"{\"a\":{1:2}}", "body must be JSON, which it stops to be at byte 6"),
            (b"{\"a\":\"\n\"}", "body must be JSON, which it stops to be at byte 6"),
            (b"{\"a\":\"\\x\"}", "body must be JSON, which it stops to be at byte 7"),
            (b"{\"a\":\"\\u12G4\"}", "body must be JSON, which it stops to be at byte 10"),
            (b"{\"a\":1} x", "body must be JSON, which it stops to be at byte 8"),
            (b"{\"\\ud800\":1}", "body must be JSON, which the field name at byte 1 isn't"),
            (b"{\"a\":\"\xff\"}", "body must be UTF-8, which byte 6 isn't"),
            (b"{\"model\":1,\"n\":2,\"mod\\u0065l\":3}", "model must be given once"),
        ] {
            let found = WireFields::scan(body).unwrap_err();
            assert_eq!(found.to_string(), mistake, "{}", String::from_utf8_lossy(body));
            assert_eq!(found.problem, crate::Problem::Malformed);
        }
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        let depth_max = DEPTH_MAX as usize - 1;
        assert!(WireFields::scan(nested(depth_max).as_bytes()).is_ok());
        let error = WireFields::scan(nested(depth_max + 1).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "body must not be nested more than 128 deep");
    }

    #[test]
    fn fields_have_a_bound() {
        let body = |fields: usize| {
            let fields: Vec<_> = (0..fields).map(|field| format!("\"{field}\":1")).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert!(WireFields::scan(body(FIELDS_MAX).as_bytes()).is_ok());
        let error = WireFields::scan(body(FIELDS_MAX + 1).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "body must have at most 256 fields");
    }

    #[test]
    fn a_special_byte_is_seen_wherever_it_stands() {
        for place in 0..40 {
            for special in [0_u8, 0x1f, b'"', b'\\'] {
                let mut bytes = [b'~'; 40];
                bytes[place] = special;
                let mut scanner = Scanner { bytes: &bytes, at: 0 };
                scanner.plain();
                assert_eq!(scanner.at, place, "{special}");
            }
        }
        let all: Vec<u8> = (0x20..=0xff).filter(|byte| !matches!(byte, b'"' | b'\\')).collect();
        let mut scanner = Scanner { bytes: &all, at: 0 };
        scanner.plain();
        assert_eq!(scanner.at, all.len());
    }

    fn agree(body: &str) {
        let ours = WireFields::scan(body.as_bytes());
        let theirs: Result<BTreeMap<String, IgnoredAny>, _> = serde_json::from_str(body);
        match (&ours, &theirs) {
            (Ok(fields), Ok(map)) => assert_eq!(fields.names().count(), map.len()),
            // The other reader takes the last of two; ours takes none.
            (Err(mistake), Ok(_)) => assert_eq!(mistake.allowed, "must be given once", "{body}"),
            (Err(_), Err(_)) => {}
            (Ok(_), Err(error)) => panic!("{error}: {body}"),
        }
    }

    proptest! {
        /// JSON's own characters in any order: nearly all of it is wrong, in every way.
        #[test]
        fn what_is_json_is_what_serde_says_it_is(body in r#"\{("[a\\"u0]{0,3}"?|[{}\[\]:, \n]|-?[0-9.eE+]{1,4}|true|null|false){0,12}\}"#) {
            agree(&body);
        }

        #[test]
        fn what_was_json_and_lost_a_byte_is_what_serde_says_it_is(value in any_json(), at in any::<prop::sample::Index>()) {
            let mut body = format!("{{\"a\": {value}, \"b\\n\": {value}}}");
            agree(&body);
            let place = at.index(body.len());
            if body.is_char_boundary(place) && body.is_char_boundary(place + 1) {
                body.remove(place);
                agree(&body);
            }
        }

        #[test]
        fn a_value_is_read_as_it_was_written(value in any_json(), name in "\\PC{0,12}") {
            let body = serde_json::json!({"first": 1, "x": {"y": value.clone()}, &*format!("_{name}"): value}).to_string();
            let fields = WireFields::scan(body.as_bytes()).unwrap();
            let read: serde_json::Value = serde_json::from_str(fields.get(&format!("_{name}")).unwrap()).unwrap();
            prop_assert_eq!(read, value);
        }
    }
}

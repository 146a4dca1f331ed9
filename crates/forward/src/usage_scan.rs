//! Finds the usage in an answer as its pieces go by, whatever the answer's size: nothing of it is kept but that object,
//! and nothing of it is parsed but that.

use bytes::Bytes;

/// A larger object isn't taken for usage.
const USAGE_BYTES_MAX: usize = 16 * 1024;

/// A longer name is none that is looked for.
const NAME_BYTES_MAX: usize = 16;

/// Follows JSON from piece to piece, and gives the objects called `usage` that stand at the top, or in `response` or
/// `message` at the top. It sees an `error` at the top, too. What isn't JSON gives nonsense, which whoever parses it refuses.
#[derive(Debug, Default)]
pub(crate) struct UsageScan {
    depth: u32,
    place: Place,
    /// The name that was read last.
    name: Vec<u8>,
    /// Whether the object at `depth` is one in whose members usage is looked for.
    is_inside: [bool; 3],
    /// The object, while it is read, and the depth around it.
    found: Option<(Vec<u8>, u32)>,
    /// Whether the value of an `error` at the top comes next.
    is_error_next: bool,
    says_failed: bool,
}

/// Where in the text a piece ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Place {
    /// Outside of texts, where a name may come.
    #[default]
    Name,
    /// Outside of texts, where a value comes or was.
    Value,
    /// In a text, which is a name or isn't.
    Text { is_name: bool },
    /// After a backslash in a text.
    Escape { is_name: bool },
}

impl UsageScan {
    /// Reads a piece, and gives each usage that ends in it.
    pub(crate) fn look(&mut self, piece: &[u8], mut found: impl FnMut(&[u8])) {
        let mut at = 0;
        while at < piece.len() {
            at = match self.place {
                Place::Text { is_name } => self.text(piece, at, is_name),
                Place::Escape { is_name } => {
                    self.keep(&piece[at..=at], is_name);
                    self.place = Place::Text { is_name };
                    at + 1
                }
                Place::Name | Place::Value => self.structure(piece, at, &mut found),
            };
        }
    }

    /// Whether there was an `error` at the top, and more than null.
    pub(crate) fn says_failed(&self) -> bool {
        self.says_failed
    }

    /// In a text, up to its end or the next backslash.
    fn text(&mut self, piece: &[u8], at: usize, is_name: bool) -> usize {
        let rest = &piece[at..];
        let Some(length) = memchr::memchr2(b'"', b'\\', rest) else {
            self.keep(rest, is_name);
            return piece.len();
        };
        let is_end = rest[length] == b'"';
        // The name is without its quotes; what was found has them.
        self.keep(&rest[..length], is_name);
        self.keep_found(&rest[length..=length]);
        self.place = match (is_end, is_name) {
            (false, is_name) => Place::Escape { is_name },
            (true, true) => Place::Name,
            (true, false) => Place::Value,
        };
        at + length + 1
    }

    /// Outside of texts: one byte.
    fn structure(&mut self, piece: &[u8], at: usize, found: &mut impl FnMut(&[u8])) -> usize {
        let byte = piece[at];
        if self.is_error_next && !byte.is_ascii_whitespace() {
            self.says_failed |= byte != b'n';
            self.is_error_next = false;
        }
        if byte == b'{' && self.found.is_none() && self.is_wanted() {
            self.found = Some((Vec::new(), self.depth));
        }
        self.keep_found(&piece[at..=at]);
        match byte {
            b'"' => {
                let is_name = self.place == Place::Name && self.is_looked_into();
                if is_name {
                    self.name.clear();
                }
                self.place = Place::Text { is_name };
            }
            b':' => {
                self.place = Place::Value;
                self.is_error_next = self.depth == 1 && self.is_looked_into() && self.name == b"error";
            }
            b',' => self.place = Place::Name,
            b'{' | b'[' => {
                let is_inside = byte == b'{' && (self.depth == 0 || self.holds_usage());
                self.depth += 1;
                if let Some(place) = self.is_inside.get_mut(self.depth as usize) {
                    *place = is_inside;
                }
                self.name.clear();
                self.place = Place::Name;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.name.clear();
                self.place = Place::Value;
                if self.found.as_ref().is_some_and(|(_, around)| *around == self.depth)
                    && let Some((usage, _)) = self.found.take()
                {
                    found(&usage);
                }
            }
            _ => {}
        }
        at + 1
    }

    /// Whether the members of the object around are looked at.
    fn is_looked_into(&self) -> bool {
        self.is_inside.get(self.depth as usize).copied().unwrap_or(false)
    }

    /// Whether an object that begins here is usage.
    fn is_wanted(&self) -> bool {
        self.place == Place::Value && self.name == b"usage" && self.is_looked_into()
    }

    /// Whether an object that begins here may have usage in it.
    fn holds_usage(&self) -> bool {
        self.depth == 1 && self.place == Place::Value && matches!(&self.name[..], b"response" | b"message")
    }

    fn keep(&mut self, bytes: &[u8], is_name: bool) {
        if is_name && self.name.len() <= NAME_BYTES_MAX {
            self.name.extend_from_slice(&bytes[..bytes.len().min(NAME_BYTES_MAX + 1)]);
        }
        self.keep_found(bytes);
    }

    fn keep_found(&mut self, bytes: &[u8]) {
        let Some((usage, _)) = &mut self.found else { return };
        usage.extend_from_slice(bytes);
        if usage.len() > USAGE_BYTES_MAX {
            self.found = None;
        }
    }
}

/// The usage in whole pieces of JSON, one after another.
pub(crate) fn usage_in(json: &Bytes, found: impl FnMut(&[u8])) {
    // Most events have none, and this costs less than following them.
    if memchr::memmem::find(json, b"\"usage\"").is_some() {
        UsageScan::default().look(json, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, however the text is cut.
    fn check(json: &str, expected: &[&str]) {
        for cut_bytes in [1, 2, 3, 7, json.len().max(1)] {
            let (mut scan, mut all) = (UsageScan::default(), Vec::new());
            for piece in json.as_bytes().chunks(cut_bytes) {
                scan.look(piece, |usage| all.push(String::from_utf8(usage.to_vec()).unwrap()));
            }
            assert_eq!(all, expected, "{json} in pieces of {cut_bytes}");
        }
    }

    #[test]
    fn usage_is_found_at_the_top_and_in_what_holds_it() {
        check(
            r#"{"a": [1, {"b": "}"}], "usage": {"x": {"y": "\"}"}, "z": 1}}"#,
            &[r#"{"x": {"y": "\"}"}, "z": 1}"#],
        );
        check(
            r#"{"type": "t", "response": {"id": "r", "output": [{}], "usage" : {"a": 1}}}"#,
            &[r#"{"a": 1}"#],
        );
        check(r#"{"message": {"usage": {"a": 1}}, "usage": {"b": 2}}"#, &[r#"{"a": 1}"#, r#"{"b": 2}"#]);
    }

    #[test]
    fn what_is_only_called_so_or_says_so_is_no_usage() {
        for json in [
            r#"{"choices": [{"usage": {"a": 1}}]}"#,
            r#"{"a": {"usage": {"a": 1}}}"#,
            r#"{"message": {"a": {"usage": {"a": 1}}}}"#,
            r#"{"a": {"message": {"usage": {"a": 1}}}}"#,
            r#"{"text": "\"usage\": {\"a\": 1}"}"#,
            r#"{"text": "usage", "b": {"a": 1}}"#,
            r#"{"text": "usage"}"#,
            r#"{"usage": null, "b": {"a": 1}}"#,
            r#"{"usage": [{"a": 1}]}"#,
            r#"["usage", {"a": 1}]"#,
            r#"{"us\u0061ge": {"a": 1}}"#,
            r#"{"usage"#,
            "",
        ] {
            check(json, &[]);
        }
    }

    #[test]
    fn what_is_too_large_is_no_usage() {
        let large = "x".repeat(USAGE_BYTES_MAX);
        check(
            &format!(r#"{{"usage": {{"a": "{large}"}}, "message": {{"usage": {{"a": 1}}}}}}"#),
            &[r#"{"a": 1}"#],
        );
    }
}

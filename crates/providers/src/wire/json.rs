//! An answer that is one JSON object, looked at in passing: only its `usage` is kept.

/// The most of a `usage` that is kept.
const USAGE_BYTES_MAX: usize = 64 * 1024;

/// The name of the field, with its quotes.
const NAME: &[u8] = b"\"usage\"";

/// Reads an object as it comes, in whatever pieces it comes.
#[derive(Default)]
pub(super) struct JsonWatch {
    /// How many objects and lists are open.
    depth: u64,
    is_in_string: bool,
    is_escaped: bool,
    place: Place,
    /// The name of the top-level field that is being read, and no more of it than the right one has.
    name: Vec<u8>,
    /// What there is of the value so far.
    kept: Vec<u8>,
    is_over: bool,
}

/// Where in the top-level object the next byte is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Name,
    /// In the value that is wanted.
    Usage,
    OtherValue,
}

impl JsonWatch {
    /// Looks at the next bytes. Gives the value of the top-level `usage` once it is whole.
    pub(super) fn push(&mut self, piece: &[u8]) -> Option<Vec<u8>> {
        let mut rest = piece;
        while !self.is_over {
            if self.is_in_string && !self.is_escaped && self.place == Place::OtherValue {
                // Most of an answer is text that nobody looks at.
                rest = &rest[memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len())..];
            }
            let (byte, after) = rest.split_first()?;
            rest = after;
            self.take(*byte);
        }
        let kept = std::mem::take(&mut self.kept);
        if kept.is_empty() { None } else { Some(kept) }
    }

    fn take(&mut self, byte: u8) {
        if self.is_in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_in_string = false,
                _ => {}
            }
            return self.keep(byte);
        }
        match (byte, self.depth) {
            // A list has no fields, and neither has a value that is neither.
            (b'{', 0) => return self.depth = 1,
            (b' ' | b'\n' | b'\r' | b'\t', 0) => return,
            (_, 0) => return self.end(false),
            (b'}', 1) => return self.end(self.place == Place::Usage),
            (b',', 1) if self.place == Place::Usage => return self.end(true),
            (b',', 1) => return self.place = Place::Name,
            (b':', 1) => {
                self.place = if self.name == NAME { Place::Usage } else { Place::OtherValue };
                return self.name.clear();
            }
            (b'"', _) => self.is_in_string = true,
            (b'{' | b'[', _) => self.depth += 1,
            (b'}' | b']', _) => self.depth -= 1,
            _ => {}
        }
        self.keep(byte);
    }

    fn keep(&mut self, byte: u8) {
        match self.place {
            // One byte more than the right name has tells that it is another.
            Place::Name if byte != b' ' && self.name.len() <= NAME.len() && !byte.is_ascii_control() => {
                self.name.push(byte);
            }
            Place::Usage if self.kept.len() == USAGE_BYTES_MAX => self.end(false),
            Place::Usage => self.kept.push(byte),
            Place::Name | Place::OtherValue => {}
        }
    }

    fn end(&mut self, is_found: bool) {
        self.is_over = true;
        if !is_found {
            self.kept = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in pieces that end at each of these places.
    fn found(body: &[u8], ends: &[usize]) -> Option<Vec<u8>> {
        let mut watch = JsonWatch::default();
        let mut found = None;
        let mut begin = 0;
        for end in ends.iter().copied().chain([body.len()]) {
            found = found.or(watch.push(&body[begin..end]));
            begin = end;
        }
        found
    }

    #[test]
    fn the_usage_at_the_top_is_found_wherever_the_pieces_end() {
        let usage = r#"{ "a": {"b": "}\"\\", "c": [1, 2]} }"#;
        for body in [
            format!(r#"{{"usage":{usage}}}"#),
            format!("\n{{\n        \"usage\" : {usage}\n, \"x\": 1}}"),
            format!(
                r#"{{"x": {{"usage": 1, "y": [{{"usage": 2}}]}}, "text": "\"usage\":3,\\", "usage": {usage}}}"#
            ),
            format!(
                r#"{{"usages": 1, "usag": 2, "": 3, "data": [0.5, [], {{}}, "]"], "usage":{usage} , "z": 2}}"#
            ),
        ] {
            let bytes = body.as_bytes();
            for end in 0..=bytes.len() {
                let found = found(bytes, &[end]).unwrap();
                assert_eq!(String::from_utf8(found).unwrap().trim(), usage, "{end} in {body}");
            }
            let ends: Vec<_> = (0..bytes.len()).collect();
            assert_eq!(found(bytes, &ends).unwrap().trim_ascii(), usage.as_bytes());
        }
    }

    #[test]
    fn where_there_is_none_nothing_is_found() {
        for body in
            ["", "{}", "[{\"usage\": 1}]", "\"usage\"", "{\"x\": {\"usage\": 1}}", "{\"usage\": {\"a\": 1"]
        {
            assert_eq!(found(body.as_bytes(), &[]), None, "{body}");
        }
    }

    #[test]
    fn no_more_is_kept_than_a_usage_can_have() {
        let body = format!("{{\"usage\": \"{}\"}}", "x".repeat(USAGE_BYTES_MAX));
        let mut watch = JsonWatch::default();
        assert_eq!(watch.push(body.as_bytes()), None);
        assert!(watch.is_over && watch.kept.capacity() == 0);
    }
}

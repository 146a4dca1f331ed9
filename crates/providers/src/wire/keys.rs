//! Going over the fields of a JSON text wherever they lie, without making anything of it.

/// Finds the fields of a text that is JSON; of one that isn't, whatever looks like some.
pub(super) struct Keys<'d> {
    data: &'d [u8],
    at: usize,
    depth: u32,
}

/// A field.
pub(super) struct Key<'d> {
    /// Its name as it is written.
    pub(super) name: &'d [u8],
    /// How many objects and lists it lies in.
    pub(super) depth: u32,
    /// What follows its colon, to the end of the text.
    pub(super) value: &'d [u8],
}

impl<'d> Keys<'d> {
    pub(super) fn of(data: &'d [u8]) -> Self {
        Self { data, at: 0, depth: 0 }
    }
}

impl<'d> Iterator for Keys<'d> {
    type Item = Key<'d>;

    fn next(&mut self) -> Option<Key<'d>> {
        loop {
            let byte = *self.data.get(self.at)?;
            self.at += 1;
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b'"' => {
                    let name = string(&self.data[self.at..])?;
                    self.at += name.len() + 1;
                    let rest = self.data[self.at..].trim_ascii_start();
                    if let Some(value) = rest.strip_prefix(b":") {
                        let value = value.trim_ascii_start();
                        self.at = self.data.len() - value.len();
                        return Some(Key { name, depth: self.depth, value });
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'d> Key<'d> {
    /// Its value as it is written, without the quotes, where it is a text.
    pub(super) fn text(&self) -> Option<&'d [u8]> {
        string(self.value.strip_prefix(b"\"")?)
    }
}

/// What stands before the quote that ends a text; nothing where none does.
fn string(data: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', data.get(at..)?)?;
        if data[at] == b'"' {
            return Some(&data[..at]);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_wherever_they_lie_and_nothing_else_is() {
        let data = br#"{"a": "\"b\": 1", "c" : [{"d":2, "e": "x\\"}, "f"], "g": {"h\"": null}}"#;
        let found: Vec<_> =
            Keys::of(data).map(|key| (String::from_utf8_lossy(key.name).into_owned(), key.depth)).collect();
        let expected = [("a", 1), ("c", 1), ("d", 3), ("e", 3), ("g", 1), (r#"h\""#, 2)];
        assert_eq!(found, expected.map(|(name, depth)| (name.to_owned(), depth)));
        let texts: Vec<_> = Keys::of(data).filter_map(|key| key.text()).collect();
        assert_eq!(texts, [br#"\"b\": 1"#.as_slice(), br"x\\"]);
    }

    #[test]
    fn what_is_cut_or_no_json_ends_the_search() {
        for data in [&b""[..], b"\"", b"{\"a", b"{\"a\\", b"]]]\"a\"", b"{\"a\" 1}"] {
            assert_eq!(Keys::of(data).count(), 0, "{data:?}");
        }
        assert_eq!(Keys::of(b"{\"a\":").count(), 1);
    }
}

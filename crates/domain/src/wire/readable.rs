//! JSON that no value of ours can hold, written so that one can.

/// The same JSON with each number as a text, and U+FFFD for each half of a character: JSON allows numbers of any size,
/// and halves without their other halves. For text whose grammar was checked.
pub(super) fn readable(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 8);
    let mut rest = json;
    while let Some(at) = rest.find(|character: char| matches!(character, '"' | '-' | '0'..='9')) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = if rest.starts_with('"') { text(rest, &mut out) } else { number(rest, &mut out) };
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn number(rest: &str, out: &mut String) -> usize {
    let is_of_one = |character: char| matches!(character, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
    let end = rest.find(|character| !is_of_one(character)).unwrap_or(rest.len());
    out.extend(["\"", &rest[..end], "\""]);
    end
}

fn text(rest: &str, out: &mut String) -> usize {
    let mut at = 1;
    out.push('"');
    while let Some(to) = rest[at..].find(['"', '\\']) {
        out.push_str(&rest[at..at + to]);
        at += to;
        if rest[at..].starts_with('"') {
            out.push('"');
            return at + 1;
        }
        // All escapes are ASCII: `\n`, or `\u` and four digits.
        let is_half = matches!(
            &rest.as_bytes()[at..],
            [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..]
        );
        let length = if is_half { 6 } else { 2 };
        out.push_str(if is_half { "\\ufffd" } else { rest.get(at..at + length).unwrap_or_default() });
        at += length;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_no_value_can_hold_is_read_as_near_as_may_be() {
        for (written, read) in [
            (r#"{"a": [1e400, -0.5E-7], "b 1": true}"#, json!({"a": ["1e400", "-0.5E-7"], "b 1": true})),
            (
                r#"["\ud800", "\uDFFFx\"", "\\ud800", "\u00e9é"]"#,
                json!(["\u{fffd}", "\u{fffd}x\"", "\\ud800", "éé"]),
            ),
            ("7", json!("7")),
            (r#""\n\\""#, json!("\n\\")),
            (r#""\n狐\ud800狸""#, json!("\n狐\u{fffd}狸")),
        ] {
            let found: Value = serde_json::from_str(&readable(written)).unwrap();
            assert_eq!(found, read, "{written}");
        }
    }
}

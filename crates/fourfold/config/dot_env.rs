//! The `.env` file: `NAME=VALUE` a line, an optional `export` before it, `#` comments, and values in single
//! quotes (taken as they are) or double quotes (with `\n`, `\r`, `\t`, `\"`, `\\` and `\$`), which may go on
//! over several lines. Nothing is expanded. Of a name given twice the last counts.

/// One variable of the file.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) value: String,
    /// The line on which it begins, from 1.
    pub(super) line: usize,
}

/// A line that can't be read. Says nothing of what is on it, since that may be a secret.
#[derive(Debug, PartialEq)]
pub(super) struct BadLine {
    pub(super) line: usize,
    pub(super) message: &'static str,
}

/// Reads a whole file.
pub(super) fn parse(text: &str) -> Result<Vec<Assignment>, BadLine> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut assignments = Vec::new();
    let mut lines = text.lines().zip(1..);
    while let Some((first, line)) = lines.next() {
        let bad = |message| BadLine { line, message };
        let first = first.trim_start();
        if first.is_empty() || first.starts_with('#') {
            continue;
        }
        let first = first.strip_prefix("export ").unwrap_or(first);
        let (name, value) = first.split_once('=').ok_or(bad("expected NAME=VALUE"))?;
        let name = name.trim();
        if !is_variable_name(name) {
            return Err(bad("a name has letters, digits and underscores, and doesn't begin with a digit"));
        }
        let value = value.trim();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let mut quoted = value[1..].to_owned();
                loop {
                    if let Some((value, after)) = close_quote(&quoted, quote) {
                        if !(after.is_empty() || after.starts_with('#')) {
                            return Err(bad("text after the closing quote"));
                        }
                        break value;
                    }
                    let (next, _) = lines.next().ok_or(bad("the quote isn't closed"))?;
                    quoted.push('\n');
                    quoted.push_str(next);
                }
            }
            _ => without_comment(value).to_owned(),
        };
        assignments.push(Assignment { name: name.to_owned(), value, line });
    }
    Ok(assignments)
}

/// Whether a shell would take this as a variable's name.
pub(super) fn is_variable_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The text up to the closing quote, and the trimmed rest; `None` where the quote isn't closed.
fn close_quote(quoted: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((value, quoted[at + c.len_utf8()..].trim())),
            '\\' if quote == '"' => match chars.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                c @ ('"' | '\\' | '$') => value.push(c),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    None
}

/// A `#` begins a comment where white space stands before it, so that values may hold one.
fn without_comment(value: &str) -> &str {
    let comment = value
        .char_indices()
        .find(|(at, c)| *c == '#' && value[..*at].chars().next_back().is_some_and(char::is_whitespace));
    comment.map_or(value, |(at, _)| value[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, usize)]) {
        let assignments = parse(text).unwrap();
        let found: Vec<_> =
            assignments.iter().map(|one| (one.name.as_str(), one.value.as_str(), one.line)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn usual_forms_are_read() {
        check("A=1\nB=two words\n", &[("A", "1", 1), ("B", "two words", 2)]);
        check("\u{feff}A=1\r\n\r\nB=2\r\n", &[("A", "1", 1), ("B", "2", 3)]);
        check("# note\n  export A = 1 # why\n", &[("A", "1", 2)]);
        check("A=\nB=''\n", &[("A", "", 1), ("B", "", 2)]);
        check("A=a#b\nB=#fff\nC=x #y\n", &[("A", "a#b", 1), ("B", "#fff", 2), ("C", "x", 3)]);
        check("URL=postgres://u:p@h/db?a=b\n", &[("URL", "postgres://u:p@h/db?a=b", 1)]);
        check("A=00123\nA=00456\n", &[("A", "00123", 1), ("A", "00456", 2)]);
    }

    #[test]
    fn quotes_keep_spaces_comments_and_lines() {
        check(r#"A=" x # y " # note"#, &[("A", " x # y ", 1)]);
        check(r"A='$HOME \n'", &[("A", r"$HOME \n", 1)]);
        check(r#"A="a\n\"b\"\\ \$c \q""#, &[("A", "a\n\"b\"\\ $c \\q", 1)]);
        check("A=\"one\ntwo\"\nB=3\n", &[("A", "one\ntwo", 1), ("B", "3", 3)]);
    }

    #[test]
    fn bad_lines_are_named_without_their_text() {
        for (text, line) in [
            ("A=1\nsecret\n", 2),
            ("1A=x\n", 1),
            ("A-B=x\n", 1),
            ("=x\n", 1),
            ("\nA=\"x\nB=1\n", 2),
            ("A='x' y\n", 1),
        ] {
            let bad = parse(text).unwrap_err();
            assert_eq!(bad.line, line, "{text}");
            assert!(!bad.message.contains("secret"));
        }
    }
}

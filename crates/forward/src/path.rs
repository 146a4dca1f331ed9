//! Paths are passed on byte for byte, so one that could be read in two ways isn't passed on at all.

use std::borrow::Cow;

use crate::ForwardError;

/// Refuses what could climb out of the base URL or be read in two ways by those behind us.
pub(crate) fn check(path: &str) -> Result<(), ForwardError> {
    let unsafe_path = |what| Err(ForwardError::UnsafePath(what));
    if !path.starts_with('/') {
        return unsafe_path("no slash at its start");
    }
    let mut is_escaped = false;
    for byte in path.bytes() {
        match byte {
            b'\\' => return unsafe_path("a backslash"),
            b'?' | b'#' => return unsafe_path("a query or a fragment within"),
            b'%' => is_escaped = true,
            byte if byte.is_ascii_control() => return unsafe_path("a control character"),
            _ => {}
        }
    }
    let mut plain = Cow::Borrowed(path);
    if is_escaped {
        let lower = path.to_ascii_lowercase();
        if lower.as_bytes().windows(3).any(is_ambiguous_escape) {
            return unsafe_path("an escaped slash, percent or control character");
        }
        plain = Cow::Owned(lower.replace("%2e", "."));
    }
    let mut segments = plain.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        // What follows a semicolon is taken off by some servers.
        if matches!(segment.split_once(';').map_or(segment, |(name, _)| name), "." | "..") {
            return unsafe_path("a dot segment");
        }
        if segment.is_empty() && segments.peek().is_some() {
            return unsafe_path("an empty segment");
        }
    }
    Ok(())
}

/// The path without escapes of what needs none (RFC 3986, section 2.3), by which two paths are compared: whoever reads
/// them takes them for the same. Only for comparing; what goes on is as it was written.
pub(crate) fn plain(path: &str) -> Cow<'_, str> {
    if memchr::memchr(b'%', path.as_bytes()).is_none() {
        return Cow::Borrowed(path);
    }
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let escape = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let is_unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        match escape.filter(is_unreserved) {
            Some(byte) => {
                plain.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            None => {
                plain.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Whether a segment of a pattern stands for others.
pub(crate) fn is_star(segment: &str) -> bool {
    matches!(segment, "*" | "**")
}

/// A slash, a backslash, a percent sign or a control character, in lower case.
fn is_ambiguous_escape(escape: &[u8]) -> bool {
    matches!(
        escape,
        [b'%', b'0' | b'1', _] | [b'%', b'2', b'f' | b'5'] | [b'%', b'5', b'c'] | [b'%', b'7', b'f']
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_climbs_out_of_the_base_url() {
        for right in [
            "/",
            "/a",
            "/a/",
            "/v1/chat/completions",
            "/a.b/..c",
            "/a%20b",
            "/models/a:b@c",
            "/%C3%A9",
            "/a;v=1",
        ] {
            assert!(check(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "a",
            "*",
            "http://elsewhere/a",
            "/http://elsewhere/a",
            "/..",
            "/../a",
            "/a/..",
            "/a/../b",
            "/./a",
            "/a/.",
            "/%2e%2e/a",
            "/%2E./a",
            "/.%2e/a",
            "/a%2f..%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "//a",
            "//elsewhere/a",
            "/a//b",
            "/a%00",
            "/a%0d%0ab",
            "/a%1Fb",
            "/a%7f",
            "/%252e%252e/a",
            "/..;/a",
            "/..;x=1/a",
            "/%2e%2e;/a",
            "/a\nb",
            "/a\rb",
            "/a?b",
            "/a#b",
        ] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn escapes_of_what_needs_none_are_undone() {
        for (path, expected) in [
            ("/v1/responses", "/v1/responses"),
            ("/v1/%72esponse%73", "/v1/responses"),
            ("/%7Ea%2Db%5f.%31", "/~a-b_.1"),
            ("/a%20b%C3%A9%", "/a%20b%C3%A9%"),
            ("/%+f%4", "/%+f%4"),
        ] {
            assert_eq!(plain(path), expected);
        }
    }
}

//! Paths are passed on byte for byte, so one that could be read in two ways isn't passed on at all.

use crate::ForwardError;

/// Refuses what could climb out of the base URL or be read in two ways by those behind us.
pub(crate) fn check(path: &str) -> Result<(), ForwardError> {
    let unsafe_path = |what| Err(ForwardError::UnsafePath(what));
    if !path.starts_with('/') {
        return unsafe_path("no slash at its start");
    }
    if path.contains('\\') {
        return unsafe_path("a backslash");
    }
    if path.bytes().any(|byte| byte.is_ascii_control()) {
        return unsafe_path("a control character");
    }
    let lower = path.to_ascii_lowercase();
    if ["%2f", "%5c", "%00", "%0a", "%0d", "%25"].iter().any(|escape| lower.contains(escape)) {
        return unsafe_path("an escaped slash, percent or control character");
    }
    let decoded = lower.replace("%2e", ".");
    let mut segments = decoded.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        if segment == "." || segment == ".." || segment.starts_with("..;") || segment.starts_with(".;") {
            return unsafe_path("a dot segment");
        }
        if segment.is_empty() && segments.peek().is_some() {
            return unsafe_path("an empty segment");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_climbs_out_of_the_base_url() {
        for right in ["/", "/a", "/a/", "/v1/chat/completions", "/a.b/..c", "/a%20b", "/models/a:b@c"] {
            assert!(check(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "a",
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
            "/a%5cb",
            "/a\\b",
            "//a",
            "/a//b",
            "/a%00",
            "/a%0d%0ab",
            "/%252e%252e/a",
            "/..;/a",
            "/a\nb",
        ] {
            assert!(check(wrong).is_err(), "{wrong:?}");
        }
    }
}

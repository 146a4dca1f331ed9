//! Which part of a file a request wants (RFC 9110, sections 13 and 14).

use http::{HeaderMap, HeaderName, Method, header};

/// What a request wants of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    /// Nothing: the caller has it already.
    Nothing,
    /// What there is to know about it.
    Head,
    /// All of it.
    Whole,
    /// From one byte to another, both included.
    Part { first: u64, last: u64 },
    /// What lies after its end.
    Beyond,
}

/// Several ranges, and a range of an older version, want the whole.
pub(super) fn wanted(method: &Method, headers: &HeaderMap, etag: &str, size: u64) -> Wanted {
    if tags(headers, header::IF_NONE_MATCH).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag) {
        return Wanted::Nothing;
    }
    if method == Method::HEAD {
        return Wanted::Head;
    }
    // A weak tag or a date doesn't say that it is the same to the byte.
    let is_current = tags(headers, header::IF_RANGE).all(|tag| tag == etag);
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| is_current);
    range.and_then(|range| range.strip_prefix("bytes=")).map_or(Wanted::Whole, |range| part(range, size))
}

fn part(range: &str, size: u64) -> Wanted {
    let Some((first, last)) = range.split_once('-').map(|(first, last)| (first.trim(), last.trim())) else {
        return Wanted::Whole;
    };
    let end = size.saturating_sub(1);
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(end)),
        (Ok(first), Err(_)) if last.is_empty() => (first, end),
        (Err(_), Ok(0)) if first.is_empty() => return Wanted::Beyond,
        (Err(_), Ok(suffix)) if first.is_empty() => (size.saturating_sub(suffix), end),
        _ => return Wanted::Whole,
    };
    if first < size { Wanted::Part { first, last } } else { Wanted::Beyond }
}

fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values.flat_map(|value| value.to_str().unwrap_or_default().split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: &str, expected: Wanted) {
        check_with(&[("range", range)], &Method::GET, expected);
    }

    fn check_with(headers: &[(&'static str, &str)], method: &Method, expected: Wanted) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        assert_eq!(wanted(method, &headers, "\"x\"", 100), expected, "{method} {headers:?}");
    }

    #[test]
    fn a_single_range_is_answered_and_others_are_ignored() {
        check("bytes=0-9", Wanted::Part { first: 0, last: 9 });
        check("bytes=90-", Wanted::Part { first: 90, last: 99 });
        check("bytes=-10", Wanted::Part { first: 90, last: 99 });
        check("bytes=-1000", Wanted::Part { first: 0, last: 99 });
        check("bytes=50-1000", Wanted::Part { first: 50, last: 99 });
        check("bytes=100-", Wanted::Beyond);
        check("bytes=-0", Wanted::Beyond);
        check("bytes=9-0", Wanted::Whole);
        check("bytes=0-1,5-6", Wanted::Whole);
        check("lines=1-2", Wanted::Whole);
        check("bytes=x-y", Wanted::Whole);
    }

    #[test]
    fn a_range_holds_only_for_the_version_that_it_is_of() {
        let part = Wanted::Part { first: 0, last: 9 };
        let if_range = [
            ("\"x\"", part),
            ("\"y\"", Wanted::Whole),
            ("W/\"x\"", Wanted::Whole),
            ("Wed, 21 Oct 2026 07:28:00 GMT", Wanted::Whole),
        ];
        for (tag, expected) in if_range {
            check_with(&[("range", "bytes=0-9"), ("if-range", tag)], &Method::GET, expected);
        }
    }

    #[test]
    fn what_the_caller_has_is_not_sent() {
        let if_none_match = [
            ("\"x\"", Wanted::Nothing),
            ("W/\"x\"", Wanted::Nothing),
            ("\"y\", \"x\"", Wanted::Nothing),
            ("*", Wanted::Nothing),
            ("\"y\"", Wanted::Whole),
        ];
        for (tags, expected) in if_none_match {
            check_with(&[("if-none-match", tags)], &Method::GET, expected);
        }
        check_with(&[("if-none-match", "\"x\"")], &Method::HEAD, Wanted::Nothing);
    }

    #[test]
    fn a_head_is_not_asked_in_parts() {
        check_with(&[], &Method::HEAD, Wanted::Head);
        check_with(&[("range", "bytes=0-9")], &Method::HEAD, Wanted::Head);
        check_with(&[("range", "bytes=100-")], &Method::HEAD, Wanted::Head);
    }
}

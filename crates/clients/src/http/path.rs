//! From a call's path to its URL.

use std::fmt;

use url::Url;

use super::error::BoxError;

/// The URL of a call: `path` below the base URL, or a URL of its own.
pub(crate) fn call_url(base_url: &Url, path: &str) -> Result<Url, BoxError> {
    if path.starts_with("https://") || path.starts_with("http://") {
        let mut url = Url::parse(path)?;
        // A user in a URL would become part of the connection's name; no vendor uses one.
        if !url.username().is_empty() || url.password().is_some() {
            url.set_username("")
                .and_then(|()| url.set_password(None))
                .map_err(|()| "the URL can't be called")?;
        }
        return Ok(url);
    }
    // Most paths need no care, and then the base URL needn't be read again.
    if is_plain(path) {
        let mut url = base_url.clone();
        url.set_path(&below(base_url.path(), path));
        return Ok(url);
    }
    let base = base_url.as_str().trim_end_matches('/');
    let url = Url::parse(&below(base, path))?;
    // Dots in a path are resolved by the parser, and must not lead out of the base URL.
    match url.as_str().strip_prefix(base) {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?']) => Ok(url),
        _ => Err("the path leads out of the base URL".into()),
    }
}

fn below(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    let slash = if path.is_empty() || path.starts_with(['/', '?']) { "" } else { "/" };
    [base, slash, path].concat()
}

/// Whether a path has neither dots that might climb nor anything that would be encoded.
fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_'))
}

/// Writes text, such as a vendor's id, as one segment of a path, whatever is in it.
pub fn segment(text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        // Nothing at all would be the path above it; this too is a name that nobody has.
        if text.is_empty() {
            return f.write_str("%00");
        }
        // Dots alone would climb, even encoded; encoded twice they are a name that nobody has.
        let is_dots = matches!(text, "." | "..");
        text.bytes().try_for_each(|byte| match byte {
            b'.' if is_dots => f.write_str("%252E"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                write!(f, "{}", char::from(byte))
            }
            byte => write!(f, "%{byte:02X}"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_base_url() {
        let table = [
            ("a", Some("https://h.test/v1/a")),
            ("/a/b?c=d", Some("https://h.test/v1/a/b?c=d")),
            ("//a", Some("https://h.test/v1//a")),
            ("a.b", Some("https://h.test/v1/a.b")),
            ("", Some("https://h.test/v1")),
            ("?a", Some("https://h.test/v1?a")),
            ("a/../b", Some("https://h.test/v1/b")),
            ("https://user:pass@o.test/x", Some("https://o.test/x")),
            ("..", None),
            ("../v10", None),
            ("a/%2e%2e/%2E./x", None),
            ("http://", None),
        ];
        for (path, expected) in table {
            let url = call_url(&"https://h.test/v1/".parse().unwrap(), path);
            assert_eq!(url.as_ref().map(Url::as_str).ok(), expected, "{path}");
        }
    }

    #[test]
    fn a_segment_is_one_whatever_is_in_it() {
        for (text, path) in [
            ("task_1-~.x", "/v1/task_1-~.x"),
            ("a/b?c#d%", "/v1/a%2Fb%3Fc%23d%25"),
            ("ü \n", "/v1/%C3%BC%20%0A"),
            ("..", "/v1/%252E%252E"),
        ] {
            let base_url = "https://h.test/v1".parse().unwrap();
            assert_eq!(call_url(&base_url, &segment(text).to_string()).unwrap().path(), path);
        }
    }
}

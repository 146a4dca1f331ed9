//! Which requests a rule is for.

use std::fmt;
use std::str::FromStr;

use http::Method;

use super::FaultError;
use crate::world::{Links, Uploads};
use crate::{Vendor, template};

/// `METHOD /vendor/path`; `grammar.md` says what may stand for anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Pattern {
    /// None for any.
    method: Option<Method>,
    path: String,
}

impl Pattern {
    /// Whether it is for requests of this method to this path, which begins with the vendor's name.
    pub(crate) fn matches(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method)
            && template::fill(&self.path, path).is_some()
    }
}

impl FromStr for Pattern {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let problem = || FaultError(format!("requests are named like `POST /openai/v1/*`, not `{text}`"));
        let (method, path) = text.trim().split_once(' ').ok_or_else(problem)?;
        let path = path.trim();
        if !path.starts_with('/') && path != "*" {
            return Err(problem());
        }
        check_place(path)?;
        check_segments(path)?;
        Ok(Self { method: named_method(method)?, path: path.to_owned() })
    }
}

/// The methods that a client may send.
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];

fn named_method(name: &str) -> Result<Option<Method>, FaultError> {
    if name == "*" {
        return Ok(None);
    }
    let named = METHODS.into_iter().find(|method| method.as_str() == name);
    named.map(Some).ok_or_else(|| {
        let names = METHODS.each_ref().map(Method::as_str).join("`, `");
        FaultError(format!("there is no method `{name}`; there are `{names}` and `*` for any"))
    })
}

/// Refuses a path that leads to no vendor, no media and no upload.
fn check_place(path: &str) -> Result<(), FaultError> {
    let first = path.split('/').nth(1);
    let is_any = path == "*" || first.is_some_and(|first| first == "*" || first.starts_with('{'));
    let is_beside = [Links::PATH, Uploads::PATH].into_iter().any(|place| path.starts_with(place));
    if is_any || is_beside || Vendor::of_path(path).is_some() {
        return Ok(());
    }
    let names = Vendor::ALL.map(Vendor::name).join("`, `");
    Err(FaultError(format!(
        "`{path}` begins with no vendor's name, `{}` or `{}`; the vendors are `{names}`",
        Links::PATH,
        Uploads::PATH
    )))
}

/// Refuses holes and stars that the template takes for other than they look, and what is in no path.
fn check_segments(path: &str) -> Result<(), FaultError> {
    if path.contains(|character: char| character.is_whitespace() || matches!(character, '?' | '#')) {
        return Err(FaultError(format!(
            "`{path}` is no path: it must be without query, fragment and spaces"
        )));
    }
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        if segment.contains('*') && (segment != "*" || segments.peek().is_some()) {
            return Err(FaultError(format!("in `{path}`, `*` must be the whole last segment")));
        }
        let literal = match segment.strip_prefix('{').and_then(|hole| hole.split_once('}')) {
            Some((name, suffix)) if !name.contains('{') => suffix,
            _ => segment,
        };
        if literal.contains(['{', '}']) {
            let problem = format!("in `{path}`, `{segment}` must be a whole segment like `{{id}}`");
            return Err(FaultError(problem));
        }
    }
    Ok(())
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_ref().map_or("*", Method::as_str), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: bool) {
        let pattern: Pattern = pattern.parse().unwrap();
        assert_eq!(pattern.matches(&Method::POST, "/openai/v1/videos/a/remix"), matching, "{pattern}");
    }

    #[test]
    fn a_pattern_names_method_and_path() {
        check("POST /openai/v1/videos/a/remix", true);
        check("POST /openai/v1/videos/{id}/remix", true);
        check("POST /openai/*", true);
        check("* *", true);
        check("GET /openai/*", false);
        check("POST /runway/*", false);
        check("POST /openai/v1/videos", false);
    }

    #[test]
    fn a_pattern_without_method_is_refused() {
        for text in ["/openai/*", "POST", "POST openai", ""] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_that_could_match_nothing_is_refused_by_its_mistake() {
        for (text, problem) in [
            ("FOO /openai/v1/models", "no method `FOO`"),
            ("post /openai/v1/models", "no method `post`"),
            ("POST /nosuch/v1", "begins with no vendor's name"),
            ("POST /openaix/*", "begins with no vendor's name"),
            ("POST /", "begins with no vendor's name"),
            ("GET /_media", "begins with no vendor's name"),
            ("POST /openai/v1/*/x", "`*` must be the whole last segment"),
            ("POST /openai/v1/ima*", "`*` must be the whole last segment"),
            ("POST /openai/{", "must be a whole segment"),
            ("POST /openai/{{id}", "must be a whole segment"),
            ("POST /openai/v1/a{id}", "must be a whole segment"),
            ("GET /openai/v1/videos?after=a", "without query"),
        ] {
            let error = text.parse::<Pattern>().unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
        for text in
            ["GET /_media/*", "POST /_uploads/*", "* /{vendor}/v1/{id}:cancel", "DELETE /runway", "* /*"]
        {
            assert!(text.parse::<Pattern>().is_ok(), "{text}");
        }
    }
}

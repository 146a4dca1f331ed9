//! Rewrites paths: strips a prefix, then rewrites by pattern, then adds a prefix.

use async_trait::async_trait;
use http::uri::PathAndQuery;

use super::invalid::InvalidTransformer;
use super::{CallContext, PATH_PRIORITY, RequestDraft, RequestTransformer, TransformError};
use crate::path::is_star;

/// Rewrites paths: strips a prefix, then rewrites by the first pattern that fits, then adds a prefix, whatever the
/// order of the calls. The query stays. What callers may use is settled before that, by the path as they gave it.
///
/// In a pattern `*` is any one segment, and `**` at the end any rest; `{1}`, `{2}`, … stand for them in what
/// is written instead.
///
/// ```
/// use fourfold_forward::PathTransformer;
///
/// let path = PathTransformer::new()
///     .strip_prefix("/api")?
///     .rewrite("/engines/*/completions", "/deployments/{1}/completions")?
///     .add_prefix("/openai")?;
/// assert!(path.rewrite("/models/*", "/models/{2}").is_err());
/// # Ok::<(), fourfold_forward::InvalidTransformer>(())
/// ```
#[derive(Clone, Debug)]
pub struct PathTransformer {
    strip_prefix: String,
    rewrites: Vec<Rewrite>,
    add_prefix: String,
    priority: i32,
}

#[derive(Clone, Debug)]
struct Rewrite {
    from: Vec<String>,
    to: Vec<Piece>,
}

/// A piece of what is written instead.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    /// What the star of this index stood for.
    Capture(usize),
}

impl Default for PathTransformer {
    fn default() -> Self {
        let (strip_prefix, add_prefix) = (String::new(), String::new());
        Self { strip_prefix, rewrites: Vec::new(), add_prefix, priority: PATH_PRIORITY }
    }
}

impl PathTransformer {
    /// Changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes whole segments away from the start of a path that begins with them.
    pub fn strip_prefix(mut self, prefix: &str) -> Result<Self, InvalidTransformer> {
        self.strip_prefix = checked_prefix("strip_prefix", prefix)?;
        Ok(self)
    }

    /// Writes `to` for a path that is as `from`. Of several the first that fits counts.
    pub fn rewrite(mut self, from: &str, to: &str) -> Result<Self, InvalidTransformer> {
        self.rewrites.push(Rewrite::parse(from, to)?);
        Ok(self)
    }

    /// Puts this before every path.
    pub fn add_prefix(mut self, prefix: &str) -> Result<Self, InvalidTransformer> {
        self.add_prefix = checked_prefix("add_prefix", prefix)?;
        Ok(self)
    }

    /// Sets the priority, [`PATH_PRIORITY`] by default.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    fn rewritten(&self, path: &str) -> String {
        let stripped = match path.strip_prefix(&self.strip_prefix) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        };
        let rewritten = self.rewrites.iter().find_map(|rewrite| rewrite.apply(stripped));
        let rewritten = rewritten.unwrap_or_else(|| stripped.to_owned());
        if self.add_prefix.is_empty() { rewritten } else { format!("{}{rewritten}", self.add_prefix) }
    }
}

impl Rewrite {
    fn parse(from: &str, to: &str) -> Result<Self, InvalidTransformer> {
        let wrong = |part, allowed| Err(InvalidTransformer::new(part, allowed));
        let Some(segments) = from.strip_prefix('/') else {
            return wrong("rewrite.from", "must begin with a slash");
        };
        let from: Vec<String> = segments.split('/').map(str::to_owned).collect();
        let rest_at = from.iter().position(|segment| segment == "**");
        if rest_at.is_some_and(|at| at + 1 < from.len()) {
            return wrong("rewrite.from", "can have ** only at its end");
        }
        if from.iter().any(|segment| segment.contains('*') && !is_star(segment)) {
            return wrong("rewrite.from", "can have stars only for whole segments");
        }
        let stars = from.iter().filter(|segment| is_star(segment)).count();
        let Some(to) = pieces(to, stars) else {
            return wrong("rewrite.to", "can have {1}, {2} and so on for as many stars as the pattern has");
        };
        // What a star stands for has been checked where the path came in.
        let example: String = to.iter().map(|piece| piece.text(&[])).collect();
        if !is_path(&example) {
            return wrong(
                "rewrite.to",
                "must be a path with a slash at its start, without query or dot segments",
            );
        }
        Ok(Self { from, to })
    }

    fn apply(&self, path: &str) -> Option<String> {
        let mut rest = path.strip_prefix('/')?;
        let mut captures = Vec::new();
        for (index, segment) in self.from.iter().enumerate() {
            let (given, behind) = match segment.as_str() {
                "**" => (rest, ""),
                _ => rest.split_once('/').unwrap_or((rest, "")),
            };
            let is_last = index + 1 == self.from.len();
            let goes_on = given.len() < rest.len();
            match segment.as_str() {
                "**" => captures.push(given),
                "*" if !given.is_empty() => captures.push(given),
                segment if segment == given && segment != "*" => {}
                _ => return None,
            }
            if is_last == goes_on {
                return None;
            }
            rest = behind;
        }
        Some(self.to.iter().map(|piece| piece.text(&captures)).collect())
    }
}

impl Piece {
    fn text<'p>(&'p self, captures: &[&'p str]) -> &'p str {
        match self {
            Self::Text(text) => text,
            Self::Capture(index) => captures.get(*index).copied().unwrap_or("x"),
        }
    }
}

/// The pieces of what is written instead; none if it names a star that there isn't.
fn pieces(to: &str, stars: usize) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = to;
    while let Some((text, behind)) = rest.split_once('{') {
        let (number, behind) = behind.split_once('}')?;
        let index = number.parse::<usize>().ok()?.checked_sub(1)?;
        if index >= stars {
            return None;
        }
        pieces.extend([Piece::Text(text.to_owned()), Piece::Capture(index)]);
        rest = behind;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Some(pieces)
}

fn checked_prefix(part: &str, prefix: &str) -> Result<String, InvalidTransformer> {
    let prefix = prefix.trim_end_matches('/');
    if prefix.is_empty() || is_path(prefix) {
        return Ok(prefix.to_owned());
    }
    Err(InvalidTransformer::new(
        part,
        "must be a path with a slash at its start, without query or dot segments",
    ))
}

fn is_path(path: &str) -> bool {
    let is_plain = !path.contains(['?', '#', '{', '}', '*']) && path.parse::<PathAndQuery>().is_ok();
    is_plain && crate::path::check(path).is_ok()
}

#[async_trait]
impl RequestTransformer for PathTransformer {
    fn name(&self) -> &str {
        "path"
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    async fn transform(&self, request: &mut RequestDraft, _: &CallContext) -> Result<(), TransformError> {
        request.path = self.rewritten(&request.path);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> PathTransformer {
        PathTransformer::new()
    }

    fn check(transformer: &PathTransformer, table: &[(&str, &str)]) {
        for (path, expected) in table {
            assert_eq!(transformer.rewritten(path), *expected, "{transformer:?} {path}");
        }
    }

    fn check_rewrite(from: &str, to: &str, table: &[(&str, &str)]) {
        check(&new().rewrite(from, to).unwrap(), table);
    }

    #[test]
    fn prefixes_go_and_come_by_whole_segments() {
        check(&new(), &[("/a/b", "/a/b"), ("/", "/")]);
        check(
            &new().strip_prefix("/api/").unwrap(),
            &[
                ("/api/v1", "/v1"),
                ("/api", "/"),
                ("/api/", "/"),
                ("/apis/v1", "/apis/v1"),
                ("/v1/api", "/v1/api"),
            ],
        );
        check(&new().add_prefix("/x/y").unwrap(), &[("/a", "/x/y/a"), ("/", "/x/y/")]);
        check(
            &new().strip_prefix("/a").unwrap().add_prefix("/b").unwrap(),
            &[("/a/c", "/b/c"), ("/c", "/b/c")],
        );
    }

    #[test]
    fn a_pattern_fits_the_whole_path() {
        check_rewrite(
            "/a/b",
            "/c",
            &[("/a/b", "/c"), ("/a/b/", "/a/b/"), ("/a", "/a"), ("/a/b/c", "/a/b/c")],
        );
        check_rewrite(
            "/m/*/x/*",
            "/{2}/of/{1}",
            &[
                ("/m/1/x/2", "/2/of/1"),
                ("/m/a%20b/x/c", "/c/of/a%20b"),
                ("/m//x/2", "/m//x/2"),
                ("/m/1/x/", "/m/1/x/"),
            ],
        );
        check_rewrite(
            "/f/**",
            "/files/{1}",
            &[("/f/a/b", "/files/a/b"), ("/f/", "/files/"), ("/f", "/f"), ("/g/a", "/g/a")],
        );
        check_rewrite("/**", "/all/{1}/{1}", &[("/a", "/all/a/a")]);
        check_rewrite("/", "/home", &[("/", "/home"), ("/a", "/a")]);
    }

    #[test]
    fn the_first_pattern_counts_between_the_prefixes() {
        let transformer = new().rewrite("/a", "/first").unwrap().rewrite("/*", "/other/{1}").unwrap();
        check(&transformer, &[("/a", "/first"), ("/b", "/other/b"), ("/a/b", "/a/b")]);
        let transformer = transformer.add_prefix("/z").unwrap().strip_prefix("/y").unwrap();
        check(&transformer, &[("/y/a", "/z/first"), ("/y/c/d", "/z/c/d")]);
    }

    #[test]
    fn what_cannot_be_a_path_is_refused() {
        for prefix in ["a", "/a?b", "/a#b", "/../a", "/a//b", "/a b", "/%2e%2e", "/a*"] {
            assert!(new().strip_prefix(prefix).is_err() && new().add_prefix(prefix).is_err(), "{prefix}");
        }
        for (from, to) in [
            ("a", "/b"),
            ("/**/a", "/b"),
            ("/a", "b"),
            ("/a", "/{1}"),
            ("/*", "/{0}"),
            ("/*", "/{2}"),
            ("/*", "/{x}"),
            ("/*", "/{1"),
            ("/*", "/1}"),
            ("/*", "/a?b={1}"),
            ("/*", "/../{1}"),
        ] {
            assert!(new().rewrite(from, to).is_err(), "{from} {to}");
        }
    }
}

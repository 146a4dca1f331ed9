//! Which requests a rule is for.

use std::fmt;
use std::str::FromStr;

use http::Method;

use super::FaultError;
use crate::template;

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
        let method = match method {
            "*" => None,
            named => Some(Method::from_bytes(named.as_bytes()).map_err(|_| problem())?),
        };
        Ok(Self { method, path: path.to_owned() })
    }
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
}

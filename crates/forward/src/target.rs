//! Where requests may go, and which.

use fourfold_clients::http::AuthScheme;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Uri};

use crate::{ForwardError, TargetError, path};

/// A named upstream. Its credential is shared by all who may use it, so what they may do is a list.
#[derive(Clone, Debug)]
pub struct Target {
    pub(crate) name: String,
    pub(crate) base_url: String,
    pub(crate) address: Address,
    pub(crate) auth: AuthScheme,
    pub(crate) allow: Allow,
}

/// The base URL in parts.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    scheme: Scheme,
    authority: Authority,
    /// Without a slash at its end.
    path: String,
}

/// Which methods and paths of a target may be used. By default none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Allow(Rules);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Rules {
    Everything,
    These(Vec<Rule>),
}

/// One method, and a path of segments: `*` stands for any one, `**` at the end for any rest.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Rule {
    method: Method,
    segments: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Target {
    /// A target that nobody may use yet. `base_url` may have a path, which requests never leave.
    pub fn new(name: &str, base_url: &str) -> Result<Self, TargetError> {
        let fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        if !(1..=64).contains(&name.len()) || !name.bytes().all(fit) {
            return Err(TargetError::Name);
        }
        let uri: Uri = base_url.parse().map_err(|_| TargetError::BaseUrl)?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        if !is_http || uri.host().is_none_or(str::is_empty) || base_url.contains(['?', '#', '@']) {
            return Err(TargetError::BaseUrl);
        }
        path::check(uri.path()).map_err(|_| TargetError::BaseUrl)?;
        let path = uri.path().trim_end_matches('/').to_owned();
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(TargetError::BaseUrl);
        };
        Ok(Self {
            name: name.to_owned(),
            base_url: base_url.trim_end_matches('/').to_owned(),
            address: Address { scheme, authority, path },
            auth: AuthScheme::None,
            allow: Allow::default(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its base URL, which has no credential in it.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What callers may use of it.
    pub fn allowed(&self) -> &Allow {
        &self.allow
    }

    /// Sets the target's credential.
    #[must_use]
    pub fn auth(mut self, auth: AuthScheme) -> Self {
        self.auth = auth;
        self
    }

    /// Sets what callers may use.
    #[must_use]
    pub fn allow(mut self, allow: Allow) -> Self {
        self.allow = allow;
        self
    }
}

impl Address {
    /// The whole address of a path below the base URL, with the query, byte for byte.
    pub(crate) fn whole(&self, target: PathAndQuery) -> Result<Uri, ForwardError> {
        let target = if self.path.is_empty() {
            target
        } else {
            PathAndQuery::try_from(format!("{}{target}", self.path))
                .map_err(|_| ForwardError::UnsafePath("characters that no URL has"))?
        };
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(target);
        Uri::from_parts(parts).map_err(|_| ForwardError::UnsafePath("characters that no URL has"))
    }
}

impl Allow {
    /// Everything that the target's credential can do, for everybody who may use the target.
    pub fn everything() -> Self {
        Self(Rules::Everything)
    }

    /// Only these, each `METHOD /path` such as `POST /chat/completions` or `GET /models/*`.
    pub fn only<'a>(rules: impl IntoIterator<Item = &'a str>) -> Result<Self, TargetError> {
        rules.into_iter().map(Rule::parse).collect::<Result<_, _>>().map(|rules| Self(Rules::These(rules)))
    }

    /// The rules as they are written; none where everything is allowed.
    pub fn rules(&self) -> Option<Vec<String>> {
        match &self.0 {
            Rules::Everything => None,
            Rules::These(rules) => Some(
                rules.iter().map(|rule| format!("{} /{}", rule.method, rule.segments.join("/"))).collect(),
            ),
        }
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.0 == Rules::Everything
    }

    pub(crate) fn allows(&self, method: &Method, path: &str) -> bool {
        match &self.0 {
            Rules::Everything => true,
            Rules::These(rules) => {
                // As the target will read it.
                let path = path::plain(path);
                rules.iter().any(|rule| rule.matches(method, &path))
            }
        }
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Self, TargetError> {
        let wrong = || TargetError::Allow(text.to_owned());
        let (method, path) = text.split_once(' ').ok_or_else(wrong)?;
        let path = path::plain(path.trim());
        // No other path comes so far.
        path::check(&path).map_err(|_| wrong())?;
        let path = path.strip_prefix('/').ok_or_else(wrong)?;
        let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        let (_last, before) = segments.split_last().ok_or_else(wrong)?;
        let is_within = |segment: &String| segment.contains('*') && !path::is_star(segment);
        if before.iter().any(|segment| segment == "**") || segments.iter().any(is_within) {
            return Err(wrong());
        }
        let method = method.parse().ok().filter(can_be_asked).ok_or_else(wrong)?;
        Ok(Self { method, segments })
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        let mut given = path.strip_prefix('/').unwrap_or(path).split('/');
        if *method != self.method {
            return false;
        }
        for segment in &self.segments {
            match (segment.as_str(), given.next()) {
                ("**", Some(_)) => return true,
                ("*", Some(given)) if !given.is_empty() => {}
                (segment, Some(given)) if segment == given => {}
                _ => return false,
            }
        }
        given.next().is_none()
    }
}

/// Whether a method may come: those that never pass and those in which capitals are missing don't.
fn can_be_asked(method: &Method) -> bool {
    const IN_CAPITALS: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::CONNECT,
        Method::TRACE,
    ];
    let is_meant = |known: &Method| method != known && method.as_str().eq_ignore_ascii_case(known.as_str());
    let never_passes = matches!(*method, Method::CONNECT | Method::TRACE) || method.as_str().contains('*');
    !never_passes && !IN_CAPITALS.iter().any(is_meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &str, method: Method, path: &str, expected: bool) {
        assert_eq!(Allow::only([rule]).unwrap().allows(&method, path), expected, "{rule} {method} {path}");
    }

    #[test]
    fn a_rule_allows_its_method_and_path_and_no_other() {
        check("POST /chat/completions", Method::POST, "/chat/completions", true);
        check("POST /chat/completions", Method::GET, "/chat/completions", false);
        check("POST /chat/completions", Method::POST, "/chat/completions/x", false);
        check("POST /chat/completions", Method::POST, "/chat/completions/", false);
        check("POST /chat/completions", Method::POST, "/chat", false);
        check("POST /v1/responses", Method::POST, "/v1/%72esponses", true);
        check("POST /v1/%72esponses", Method::POST, "/v1/responses", true);
        check("POST /v1/*", Method::POST, "/v1/%20", true);
        check("GET /models/*", Method::GET, "/models/gpt", true);
        check("GET /models/*", Method::GET, "/models/", false);
        check("GET /models/*", Method::GET, "/models/a/b", false);
        check("GET /files/**", Method::GET, "/files/a/b", true);
        check("GET /files/**", Method::GET, "/files", false);
        check("GET /files/**", Method::GET, "/filesystem/a", false);
    }

    #[test]
    fn nothing_is_allowed_until_it_is_written() {
        assert!(!Allow::default().allows(&Method::GET, "/models"));
        assert!(Allow::everything().allows(&Method::DELETE, "/files/x"));
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for (name, url) in [
            ("", "https://a"),
            ("A", "https://a"),
            ("a/b", "https://a"),
            ("a", "a"),
            ("a", "ftp://a"),
            ("a", "https://"),
            ("a", "https://u:p@a"),
            ("a", "https://a?x=1"),
            ("a", "https://a/b/../c"),
            ("a", "https://a//b"),
            ("a", "https://a//"),
            ("a", "https://a/%2e%2e"),
        ] {
            assert!(Target::new(name, url).is_err(), "{name} {url}");
        }
        for rule in [
            "",
            "GET",
            "GET models",
            "G T /x",
            "GET /**/x",
            "GET /a*",
            "GET /a*/b",
            "GET /***",
            "get /x",
            "Post /x",
            "* /x",
            "CONNECT /x",
            "TRACE /x",
            "GET /a/../b",
            "GET /a//b",
            "GET /a?b=c",
        ] {
            assert!(Allow::only([rule]).is_err(), "{rule}");
        }
        for rule in ["GET /", "X-OWN /x", "PROPFIND /a/", "GET /**", "GET /a/*/b/*"] {
            assert!(Allow::only([rule]).is_ok(), "{rule}");
        }
    }
}

//! Redirects: where the next hop goes, and what it must leave behind.

use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use super::address::AddressRefused;
use super::body::Body;
use super::error::{BoxError, ClientError, Effect, ErrorKind};

/// One request on the way of a call.
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// None if the body can't be sent again.
    pub(crate) body: Option<Body>,
    /// Whether every hop so far was of the first one's origin, so that credentials may go along.
    pub(crate) keeps_secrets: bool,
    /// Whether the body was dropped on the way, as browsers do, and its headers with it.
    pub(crate) lost_body: bool,
}

impl Hop {
    /// The same request again, to be turned into the next.
    pub(crate) fn copy(&self) -> Self {
        let body = self.body.as_ref().and_then(Body::try_clone);
        Self { method: self.method.clone(), url: self.url.clone(), body, ..*self }
    }

    /// The hop that this answer asks for.
    pub(crate) fn next(self, status: StatusCode, headers: &HeaderMap) -> Result<Self, ClientError> {
        let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
        let location = location.ok_or_else(|| unfollowable("it names no location"))?;
        let mut url = self.url.join(location).map_err(unfollowable)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused(AddressRefused::Scheme));
        }
        if self.url.scheme() == "https" && url.scheme() == "http" {
            return Err(refused(AddressRefused::Downgrade));
        }
        // Both can only fail for URLs that have no host, which http has always.
        _ = url.set_username("");
        _ = url.set_password(None);
        let keeps_secrets = self.keeps_secrets && is_same_origin(&self.url, &url);
        let becomes_get = match status.as_u16() {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            let body = Some(Body::empty());
            return Ok(Self { method: Method::GET, url, body, keeps_secrets, lost_body: true });
        }
        if self.body.is_none() {
            return Err(unfollowable("its body can't be sent again"));
        }
        Ok(Self { url, keeps_secrets, ..self })
    }
}

/// Whether an answer sends its reader elsewhere.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Takes out of a call's own headers what another origin must not see.
pub(crate) fn remove_secrets(headers: &mut HeaderMap) {
    let mut secret: Vec<_> = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].into();
    secret.extend(headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone()));
    for name in secret {
        headers.remove(name);
    }
}

pub(crate) fn too_many() -> ClientError {
    unfollowable("there were too many")
}

pub(crate) fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// The request before the redirect did reach its server.
fn unfollowable(why: impl Into<BoxError>) -> ClientError {
    ClientError::new(ErrorKind::Redirect, Effect::MayHaveStarted).with_source(why)
}

fn refused(why: AddressRefused) -> ClientError {
    ClientError::new(ErrorKind::AddressRefused, Effect::MayHaveStarted).with_source(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(url: &str, location: &str) -> Result<String, ErrorKind> {
        let hop = Hop {
            method: Method::GET,
            url: url.parse().unwrap(),
            body: Some(Body::empty()),
            keeps_secrets: true,
            lost_body: false,
        };
        let headers = HeaderMap::from_iter([(header::LOCATION, location.parse().unwrap())]);
        let hop = hop.next(StatusCode::FOUND, &headers).map_err(|error| error.kind())?;
        Ok(format!("{} {}", hop.url, hop.keeps_secrets))
    }

    #[test]
    fn only_the_same_origin_keeps_secrets_and_https_stays_https() {
        let refused = Err(ErrorKind::AddressRefused);
        let table = [
            ("https://a.test/x/y", "../z?q#f", Ok("https://a.test/z?q#f true")),
            ("https://a.test/", "//a.test:443/z", Ok("https://a.test/z true")),
            ("https://a.test/", "https://a.test:444/", Ok("https://a.test:444/ false")),
            ("https://a.test/", "https://sub.a.test/", Ok("https://sub.a.test/ false")),
            ("http://a.test/", "https://a.test/", Ok("https://a.test/ false")),
            ("https://a.test/", "https://user:pass@b.test/", Ok("https://b.test/ false")),
            ("https://a.test/", "http://a.test/", refused),
            ("https://a.test/", "data:text/plain,x", refused),
        ];
        for (url, location, expected) in table {
            assert_eq!(next(url, location), expected.map(str::to_owned), "{url} {location}");
        }
    }
}

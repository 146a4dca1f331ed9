//! Takes our caller's credentials out and puts the target's in.

use async_trait::async_trait;
use fourfold_clients::http::AuthScheme;

use super::invalid::InvalidTransformer;
use super::{AUTH_PRIORITY, CallContext, RequestDraft, RequestTransformer, TransformError};
use crate::credential::Credential;
use crate::headers::CALLERS;

/// Puts the target's credential into requests, in place of whatever the caller sent there. Never prints it.
///
/// What callers prove to us who they are with is taken out, also where the target needs no credential.
#[derive(Clone, Debug)]
pub struct AuthTransformer {
    credential: Credential,
    priority: i32,
}

impl AuthTransformer {
    /// With this credential. An error if it can't be sent where the scheme wants it.
    pub fn new(scheme: &AuthScheme) -> Result<Self, InvalidTransformer> {
        Ok(Self { credential: Credential::new(scheme)?, priority: AUTH_PRIORITY })
    }

    /// Sets the priority, [`AUTH_PRIORITY`] by default.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    fn apply(&self, request: &mut RequestDraft) {
        for name in CALLERS {
            request.headers.remove(name);
        }
        if let Credential::Header(name, value) = &self.credential {
            request.headers.insert(name, value.clone());
        }
        if let Some(query) = self.credential.in_query(request.query.as_deref().unwrap_or_default()) {
            request.query = Some(query);
        }
    }
}

#[async_trait]
impl RequestTransformer for AuthTransformer {
    fn name(&self) -> &str {
        "auth"
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    async fn transform(&self, request: &mut RequestDraft, _: &CallContext) -> Result<(), TransformError> {
        self.apply(request);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

    use super::*;

    /// What is sent of a request whose caller sent his keys in every place.
    fn sent(scheme: &AuthScheme, query: Option<&str>) -> RequestDraft {
        let headers =
            [("authorization", "Bearer ff_1"), ("x-api-key", "ff_2"), ("cookie", "s=ff_3"), ("a", "b")];
        let headers: HeaderMap = headers
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let query = query.map(str::to_owned);
        let mut request =
            RequestDraft { method: Method::GET, path: "/".to_owned(), query, headers, body: None };
        AuthTransformer::new(scheme).unwrap().apply(&mut request);
        request
    }

    fn check_headers(scheme: &AuthScheme, expected: &[(&str, &str)]) {
        let request = sent(scheme, Some("key=1"));
        let mut left: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        left.sort_unstable();
        assert_eq!(left, expected, "{scheme:?}");
        assert_eq!(request.query.as_deref(), Some("key=1"), "{scheme:?}");
    }

    #[test]
    fn the_callers_credentials_go_and_the_targets_come() {
        let x_api_key = HeaderName::from_static("x-api-key");
        check_headers(&AuthScheme::None, &[("a", "b")]);
        check_headers(&AuthScheme::Bearer("sk-1".into()), &[("a", "b"), ("authorization", "Bearer sk-1")]);
        check_headers(&AuthScheme::Header(x_api_key, "sk-1".into()), &[("a", "b"), ("x-api-key", "sk-1")]);
        check_headers(
            &AuthScheme::Header(header::AUTHORIZATION, "Basic eA==".into()),
            &[("a", "b"), ("authorization", "Basic eA==")],
        );
    }

    #[test]
    fn a_credential_in_the_query_stands_there_once() {
        for (query, expected) in [
            (None, "key=a%2Fb%26c"),
            (Some(""), "key=a%2Fb%26c"),
            (Some("x=%2F&y"), "x=%2F&y&key=a%2Fb%26c"),
            (Some("key=mine&x=1&key=2"), "x=1&key=a%2Fb%26c"),
            (Some("%6bey=mine&x=1&key"), "x=1&key=a%2Fb%26c"),
            (Some("x&&monkey=1"), "x&&monkey=1&key=a%2Fb%26c"),
        ] {
            let scheme = AuthScheme::Query("key".to_owned(), "a/b&c".into());
            let request = sent(&scheme, query);
            assert_eq!(request.query.as_deref(), Some(expected), "{query:?}");
            assert_eq!(request.headers.len(), 1, "{query:?}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_by_name() {
        let host = HeaderName::from_static("host");
        for (scheme, expected) in [
            (AuthScheme::Bearer("".into()), "key must be given"),
            (AuthScheme::Bearer("a\nb".into()), "key must be text that a header can carry"),
            (
                AuthScheme::Header(host, "a".into()),
                "name.host belongs to the connection, and can't be changed",
            ),
            (AuthScheme::Query(String::new(), "a".into()), "name must be given"),
        ] {
            assert_eq!(AuthTransformer::new(&scheme).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn printing_shows_no_key() {
        for scheme in [AuthScheme::Bearer("sk-1".into()), AuthScheme::Query("key".into(), "sk-1".into())] {
            let printed =
                format!("{:?} {:?}", AuthTransformer::new(&scheme).unwrap(), sent(&scheme, None).headers);
            assert!(!printed.contains("sk-1"), "{printed}");
        }
    }
}

//! How a client proves who it is.

use std::hash::{DefaultHasher, Hash, Hasher};

use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

use super::error::BoxError;

/// Where a vendor wants its credential. Never prints it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum AuthScheme {
    /// No credential.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(SecretString),
    /// A header of the vendor's own, such as `x-api-key`.
    Header(HeaderName, SecretString),
    /// A query parameter. It shows in the vendor's logs, so only for vendors that know nothing better.
    Query(String, SecretString),
}

/// A credential, ready to be put into requests.
#[derive(Clone, Default)]
pub(crate) struct Credential {
    pub(crate) header: Option<(HeaderName, HeaderValue)>,
    pub(crate) query: Option<(String, SecretString)>,
    /// Tells one credential from another without telling it.
    pub(crate) id: u64,
}

impl Credential {
    pub(crate) fn new(scheme: &AuthScheme) -> Result<Self, BoxError> {
        let (header, query) = match scheme {
            AuthScheme::None => (None, None),
            AuthScheme::Bearer(key) => {
                let value = sensitive(&format!("Bearer {}", key.expose_secret()))?;
                (Some((header::AUTHORIZATION, value)), None)
            }
            AuthScheme::Header(name, key) => (Some((name.clone(), sensitive(key.expose_secret())?)), None),
            AuthScheme::Query(name, key) => (None, Some((name.clone(), key.clone()))),
        };
        let mut credential = Self { header, query, id: 0 };
        let mut hasher = DefaultHasher::new();
        credential.secret().hash(&mut hasher);
        credential.id = hasher.finish();
        Ok(credential)
    }

    /// The secret itself, to be found in what a vendor quotes.
    pub(crate) fn secret(&self) -> Option<&str> {
        match (&self.header, &self.query) {
            (Some((_, value)), _) => {
                value.to_str().ok().map(|value| value.strip_prefix("Bearer ").unwrap_or(value))
            }
            (None, Some((_, key))) => Some(key.expose_secret()),
            (None, None) => None,
        }
    }
}

fn sensitive(value: &str) -> Result<HeaderValue, BoxError> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| "the credential has characters that a header can't carry")?;
    value.set_sensitive(true);
    Ok(value)
}

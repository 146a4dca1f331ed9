//! The credential that a target is asked with, made ready once.

use std::borrow::Cow;

use fourfold_clients::http::AuthScheme;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::{ForwardError, TargetError};

/// A credential, ready to be put into requests.
#[derive(Clone, Debug, Default)]
pub(crate) enum Credential {
    #[default]
    None,
    Header(HeaderName, HeaderValue),
    /// The parameter's name, and `name=value`, encoded.
    Query(String, SecretString),
}

impl Credential {
    pub(crate) fn new(scheme: &AuthScheme) -> Result<Self, TargetError> {
        match scheme {
            AuthScheme::None => Ok(Self::None),
            AuthScheme::Bearer(key) => {
                let value = sensitive(&format!("Bearer {}", key.expose_secret()))?;
                Ok(Self::Header(header::AUTHORIZATION, value))
            }
            AuthScheme::Header(name, key) => Ok(Self::Header(name.clone(), sensitive(key.expose_secret())?)),
            AuthScheme::Query(name, key) => {
                let mut pair = form_urlencoded::Serializer::new(String::new());
                pair.append_pair(name, key.expose_secret());
                Ok(Self::Query(name.clone(), pair.finish().into()))
            }
            _ => Err(TargetError::Credential),
        }
    }

    /// What goes out of this path and query: with the credential, if it goes there, in place of a parameter of the
    /// caller's that has its name.
    pub(crate) fn in_query(&self, target: PathAndQuery) -> Result<PathAndQuery, ForwardError> {
        let Self::Query(name, pair) = self else { return Ok(target) };
        let query = without_parameter(target.query().unwrap_or_default(), name);
        let joint = if query.is_empty() { "" } else { "&" };
        let whole = format!("{}?{query}{joint}{}", target.path(), pair.expose_secret());
        PathAndQuery::try_from(whole).map_err(|_| ForwardError::UnsafePath("characters that no URL has"))
    }
}

/// A query without the parameters of this name; the others stay byte for byte.
pub(crate) fn without_parameter<'q>(query: &'q str, name: &str) -> Cow<'q, str> {
    let is_it = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).any(|(found, _)| found == name);
    if !query.split('&').any(|pair| is_it(&pair)) {
        return Cow::Borrowed(query);
    }
    let others: Vec<&str> = query.split('&').filter(|pair| !is_it(pair)).collect();
    Cow::Owned(others.join("&"))
}

fn sensitive(value: &str) -> Result<HeaderValue, TargetError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| TargetError::Credential)?;
    value.set_sensitive(true);
    Ok(value)
}

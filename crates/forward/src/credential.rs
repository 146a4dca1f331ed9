//! The credential that a target is asked with, made ready once.

use std::borrow::Cow;

use fourfold_clients::http::AuthScheme;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::transform::{header_name, header_value};
use crate::{ForwardError, InvalidTransformer};

/// A credential, ready to be put into requests. Never prints it.
#[derive(Clone, Debug, Default)]
pub(crate) enum Credential {
    #[default]
    None,
    Header(HeaderName, HeaderValue),
    /// The parameter's name, and `name=value`, encoded.
    Query(String, SecretString),
}

impl Credential {
    /// An error if it can't be sent where the scheme wants it.
    pub(crate) fn new(scheme: &AuthScheme) -> Result<Self, InvalidTransformer> {
        match scheme {
            AuthScheme::None => Ok(Self::None),
            AuthScheme::Bearer(key) => {
                let value = format!("Bearer {}", given(key)?);
                Ok(Self::Header(header::AUTHORIZATION, header_value("key", &value)?))
            }
            AuthScheme::Header(name, key) => {
                let name = header_name("name", name.as_str())?;
                Ok(Self::Header(name, header_value("key", given(key)?)?))
            }
            AuthScheme::Query(name, _) if name.is_empty() => {
                Err(InvalidTransformer::new("name", "must be given"))
            }
            AuthScheme::Query(name, key) => {
                let mut pair = form_urlencoded::Serializer::new(String::new());
                pair.append_pair(name, given(key)?);
                Ok(Self::Query(name.clone(), pair.finish().into()))
            }
            _ => Err(InvalidTransformer::new("scheme", "must be bearer, header, query or none")),
        }
    }

    /// This path and query with the credential, if it goes there.
    pub(crate) fn in_target(&self, target: PathAndQuery) -> Result<PathAndQuery, ForwardError> {
        let Some(query) = self.in_query(target.query().unwrap_or_default()) else { return Ok(target) };
        let whole = format!("{}?{query}", target.path());
        PathAndQuery::try_from(whole).map_err(|_| ForwardError::UnsafePath("characters that no URL has"))
    }

    /// The query with the credential at its end, in place of a parameter of the caller's that has its name; none if the
    /// credential goes elsewhere.
    pub(crate) fn in_query(&self, query: &str) -> Option<String> {
        let Self::Query(name, pair) = self else { return None };
        let query = without_parameter(query, name);
        let joint = if query.is_empty() { "" } else { "&" };
        Some(format!("{query}{joint}{}", pair.expose_secret()))
    }
}

fn given(key: &SecretString) -> Result<&str, InvalidTransformer> {
    match key.expose_secret() {
        "" => Err(InvalidTransformer::new("key", "must be given")),
        key => Ok(key),
    }
}

/// A query without the parameters of this name; the others stay byte for byte.
fn without_parameter<'q>(query: &'q str, name: &str) -> Cow<'q, str> {
    let is_it = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).any(|(found, _)| found == name);
    if !query.split('&').any(|pair| is_it(&pair)) {
        return Cow::Borrowed(query);
    }
    let others: Vec<&str> = query.split('&').filter(|pair| !is_it(pair)).collect();
    Cow::Owned(others.join("&"))
}

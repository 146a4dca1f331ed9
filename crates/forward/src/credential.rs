//! The credential that a target is asked with, made ready once.

use fourfold_clients::http::AuthScheme;
use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};

use crate::TargetError;

/// A credential, ready to be put into requests.
#[derive(Clone, Debug, Default)]
pub(crate) enum Credential {
    #[default]
    None,
    Header(HeaderName, HeaderValue),
    /// `name=value`, encoded.
    Query(SecretString),
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
                let mut pair = url::form_urlencoded::Serializer::new(String::new());
                pair.append_pair(name, key.expose_secret());
                Ok(Self::Query(pair.finish().into()))
            }
            _ => Err(TargetError::Credential),
        }
    }

    /// What is added to the query.
    pub(crate) fn query(&self) -> Option<&str> {
        match self {
            Self::Query(pair) => Some(pair.expose_secret()),
            Self::None | Self::Header(..) => None,
        }
    }
}

fn sensitive(value: &str) -> Result<HeaderValue, TargetError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| TargetError::Credential)?;
    value.set_sensitive(true);
    Ok(value)
}

//! `auth`: a target's credential.

use fourfold_clients::http::AuthScheme;
use http::HeaderName;
use serde::Deserialize;

use super::invalid::InvalidSetting;
use super::secret::Secret;

/// A target's credential. It takes the place of the caller's, which never goes on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// Where the target wants it. Default `bearer` where there is a key, else `none`.
    pub scheme: Option<AuthSchemeName>,
    /// The header or the query parameter, for the schemes that need one.
    pub name: Option<String>,
    /// The credential. Empty is none.
    pub key: Option<Secret>,
}

/// Where a target wants its credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthSchemeName {
    /// `Authorization: Bearer …`.
    Bearer,
    /// A header by `name`, with the key alone as its value.
    Header,
    /// A query parameter by `name`. It shows in the target's logs.
    Query,
    /// Nowhere.
    None,
}

impl AuthSettings {
    pub(super) fn resolve(&self) -> Result<AuthScheme, InvalidSetting> {
        let key = self.key.as_ref().map(Secret::expose).filter(|key| !key.is_empty());
        let scheme = match (self.scheme, key) {
            (Some(scheme), _) => scheme,
            (None, Some(_)) => AuthSchemeName::Bearer,
            (None, None) => AuthSchemeName::None,
        };
        if scheme == AuthSchemeName::None && key.is_some() {
            return Err(InvalidSetting::new("key", "is for another scheme than none"));
        }
        let key = || key.ok_or_else(|| InvalidSetting::new("key", "must be given"));
        let is_named = matches!(scheme, AuthSchemeName::Header | AuthSchemeName::Query);
        if self.name.is_some() && !is_named {
            return Err(InvalidSetting::new("name", "is for the schemes header and query only"));
        }
        let name = self.name.as_deref().filter(|name| !name.is_empty());
        let name = || name.ok_or_else(|| InvalidSetting::new("name", "must be given"));
        Ok(match scheme {
            AuthSchemeName::None => AuthScheme::None,
            AuthSchemeName::Bearer => AuthScheme::Bearer(key()?.into()),
            AuthSchemeName::Query => AuthScheme::Query(name()?.to_owned(), key()?.into()),
            AuthSchemeName::Header => {
                let name: HeaderName = name()?
                    .parse()
                    .map_err(|_| InvalidSetting::new("name", "must be the name of a header"))?;
                AuthScheme::Header(name, key()?.into())
            }
        })
    }
}

//! `security`: keys that the server itself holds, and where it may be led.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Secret;

/// Keys that the server itself holds, and where callers may lead it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecuritySettings {
    /// An admin key that is valid from the first start on, for deployments. Without it, a first start makes
    /// one and prints it once.
    pub(crate) admin_key: Option<Secret>,
    /// 32 bytes as base64: signs the links to results and encrypts the secrets of webhooks. Without it, an
    /// embedded server makes one in the data folder at its first start.
    pub(crate) secret_key: Option<Secret>,
    /// Lets the media addresses of callers lead anywhere, into the server's own network too, and over plain HTTP to
    /// the machine itself. For development only: whoever may submit a job could read what the server can reach.
    pub(crate) allow_private_urls: bool,
}

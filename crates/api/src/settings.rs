//! How the server listens.

use std::net::SocketAddr;
use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

/// How the server listens and what it takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Where to listen, as host:port.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub listen: SocketAddr,
    /// The address by which callers reach the server, for links in answers; left out, `http://` and `listen`.
    pub public_url: Option<String>,
    /// The largest request body that is taken.
    pub body_limit_bytes: usize,
    /// How long a client may take to send the headers of a request.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub header_timeout: Duration,
    /// How long a client may take to send the body of a request.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub body_timeout: Duration,
    /// How long requests and jobs under way have to end when the server stops.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub shutdown_timeout: Duration,
    /// Which web pages of other origins may call the server.
    pub cors: CorsSettings,
}

/// Which web pages of other origins may call the server.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CorsSettings {
    /// The origins, such as `https://app.example`; left out, any (without credentials) while the server
    /// listens on loopback, none otherwise.
    pub origins: Option<Vec<String>>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            body_limit_bytes: 32 * 1024 * 1024,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(60),
            shutdown_timeout: Duration::from_secs(30),
            cors: CorsSettings::default(),
        }
    }
}

impl ServerSettings {
    /// The address for links in answers, without a slash at its end.
    pub fn public_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

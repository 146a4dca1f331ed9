//! `server`: how the server listens, and what it takes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The HTTP server.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// The address and port to serve on.
    #[serde(deserialize_with = "listen_address")]
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("x-type" = "host:port")))]
    pub listen: SocketAddr,
    /// The address under which callers reach the server, for the links that it hands out; without it,
    /// `http://` and `listen`.
    #[serde(deserialize_with = "public_url")]
    #[cfg_attr(feature = "schema", schemars(extend("x-type" = "URL")))]
    pub public_url: Option<String>,
    /// The largest body of a request; a larger one is answered 413.
    pub body_limit_bytes: usize,
    /// How long a caller may take to send the head of a request.
    #[serde(with = "fourfold_domain::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub header_timeout: Duration,
    /// How long a caller may take to send the body of a request.
    #[serde(with = "fourfold_domain::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub body_timeout: Duration,
    /// How long requests and jobs may go on after a signal to stop.
    #[serde(with = "fourfold_domain::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub shutdown_timeout: Duration,
    /// Which web pages of other origins may call the server.
    pub cors: CorsSettings,
}

/// Which web pages of other origins may call the server.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CorsSettings {
    /// Origins such as `https://app.example.com`. Where it isn't set: any (without credentials) when
    /// listening on loopback, and none otherwise.
    #[serde(deserialize_with = "origins")]
    pub origins: Option<Vec<String>>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
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
    pub fn link_base(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{}", self.listen))
    }
}

fn listen_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom("expected an address and a port such as 127.0.0.1:8080"))
}

/// Without a slash at the end, since paths are joined to it.
fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let url = text.trim_end_matches('/');
    if host_of(url).is_none_or(str::is_empty) {
        return Err(D::Error::custom("expected a URL such as https://fourfold.example.com"));
    }
    Ok(Some(url.to_owned()))
}

/// A browser sends scheme, host and port and nothing else; an origin that has more would never match.
fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let origins = Option::<Vec<String>>::deserialize(deserializer)?;
    let is_origin = |text: &String| {
        host_of(text).is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@']))
    };
    if origins.iter().flatten().all(is_origin) {
        Ok(origins)
    } else {
        Err(D::Error::custom(
            "expected origins such as https://app.example.com, without a path or a slash at the end",
        ))
    }
}

fn host_of(url: &str) -> Option<&str> {
    url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(written: &Value, is_accepted: bool) {
        assert_eq!(
            serde_json::from_value::<ServerSettings>(written.clone()).is_ok(),
            is_accepted,
            "{written}"
        );
    }

    #[test]
    fn public_urls_are_http_urls_without_the_last_slash() {
        let written = json!({"public_url": "https://a.example/base/"});
        let server: ServerSettings = serde_json::from_value(written).unwrap();
        assert_eq!(server.public_url.as_deref(), Some("https://a.example/base"));
        for wrong in ["a.example", "ftp://a.example", "https://", "https:///"] {
            check(&json!({"public_url": wrong}), false);
        }
    }

    #[test]
    fn origins_are_what_a_browser_sends() {
        check(&json!({"cors": {"origins": ["https://a.example", "http://localhost:3000"]}}), true);
        check(&json!({"cors": {"origins": []}}), true);
        for wrong in ["*", "https://a.example/", "https://a.example/app", "a.example"] {
            check(&json!({"cors": {"origins": [wrong]}}), false);
        }
    }
}

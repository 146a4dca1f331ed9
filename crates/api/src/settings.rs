//! `server`: how the server listens, and what it takes.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// How many headers a request may have unless it is set.
pub(crate) const HEADERS_MAX: usize = 100;

/// What may be set.
const HEADER_BYTES_LEAST: usize = 8 * 1024;
const HEADER_BYTES_MOST: usize = 16 * 1024 * 1024;
const HEADERS_MOST: usize = 10_000;
const CONNECTIONS_MOST: usize = 1_000_000;

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
    /// The most bytes that the head of a request may have; at least 8192. A larger one is answered 431.
    pub header_bytes_max: usize,
    /// The most headers that a request may have; more are answered 431.
    pub headers_max: usize,
    /// The most connections that a process has open at a time; more wait until one of them ends. 1 to 1 000 000.
    pub connections_max: usize,
    /// How long a caller may take to send the head of a request.
    #[serde(with = "fourfold_domain::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub header_timeout: Duration,
    /// How long a caller may take to send the body of a request.
    #[serde(with = "fourfold_domain::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub body_timeout: Duration,
    /// How long a caller may pause while it sends the body of a request.
    #[serde(with = "fourfold_domain::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub body_idle_timeout: Duration,
    /// How long a connection may be open between two requests.
    #[serde(with = "fourfold_domain::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub idle_timeout: Duration,
    /// How long a caller may take nothing of what it is sent, before its connection is closed.
    #[serde(with = "fourfold_domain::serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub send_timeout: Duration,
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
            header_bytes_max: 64 * 1024,
            headers_max: HEADERS_MAX,
            connections_max: 10_000,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(60),
            body_idle_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(75),
            send_timeout: Duration::from_secs(60),
            shutdown_timeout: Duration::from_secs(30),
            cors: CorsSettings::default(),
        }
    }
}

impl ServerSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let timeouts = [
            ("server.header_timeout", self.header_timeout),
            ("server.body_timeout", self.body_timeout),
            ("server.body_idle_timeout", self.body_idle_timeout),
            ("server.idle_timeout", self.idle_timeout),
            ("server.send_timeout", self.send_timeout),
        ];
        if let Some((name, _)) = timeouts.into_iter().find(|(_, timeout)| timeout.is_zero()) {
            return Err((name, "must be more than nothing".to_owned()));
        }
        if !(HEADER_BYTES_LEAST..=HEADER_BYTES_MOST).contains(&self.header_bytes_max) {
            let allowed = format!("must be from {HEADER_BYTES_LEAST} to {HEADER_BYTES_MOST}");
            return Err(("server.header_bytes_max", allowed));
        }
        if !(1..=HEADERS_MOST).contains(&self.headers_max) {
            return Err(("server.headers_max", format!("must be from 1 to {HEADERS_MOST}")));
        }
        if !(1..=CONNECTIONS_MOST).contains(&self.connections_max) {
            return Err(("server.connections_max", format!("must be from 1 to {CONNECTIONS_MOST}")));
        }
        Ok(())
    }

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
    fn what_cannot_be_is_named() {
        let right = ServerSettings::default();
        assert_eq!(right.check(), Ok(()));
        for (wrong, name) in [
            (ServerSettings { header_timeout: Duration::ZERO, ..right.clone() }, "server.header_timeout"),
            (ServerSettings { body_timeout: Duration::ZERO, ..right.clone() }, "server.body_timeout"),
            (
                ServerSettings { body_idle_timeout: Duration::ZERO, ..right.clone() },
                "server.body_idle_timeout",
            ),
            (ServerSettings { idle_timeout: Duration::ZERO, ..right.clone() }, "server.idle_timeout"),
            (ServerSettings { send_timeout: Duration::ZERO, ..right.clone() }, "server.send_timeout"),
            (ServerSettings { header_bytes_max: 8191, ..right.clone() }, "server.header_bytes_max"),
            (ServerSettings { headers_max: 0, ..right.clone() }, "server.headers_max"),
            (ServerSettings { connections_max: 0, ..right.clone() }, "server.connections_max"),
        ] {
            assert_eq!(wrong.check().map_err(|(place, _)| place), Err(name), "{wrong:?}");
        }
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

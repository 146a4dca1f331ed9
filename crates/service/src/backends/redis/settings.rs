//! Where Redis is, and how it is used.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use fourfold_domain::serde_duration;
use serde::{Deserialize, Serialize};

/// Where Redis is, and how it is used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RedisSettings {
    /// `redis://user:password@host:port/database`, or `rediss://` for TLS. Without it, queue, events and limits are
    /// of this one process.
    #[cfg_attr(feature = "schema", schemars(extend("writeOnly" = true)))]
    pub url: Option<String>,
    /// A PEM file with the certificate authorities that are trusted for `rediss://`, in place of the machine's.
    pub ca_file: Option<PathBuf>,
    /// What the names of all keys begin with, so that several deployments can share one Redis.
    pub prefix: String,
    /// After this long a message that nobody acknowledged is given to another worker. At least 1 s.
    #[serde(with = "serde_duration")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub stale: Duration,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self { url: None, ca_file: None, prefix: "fourfold".to_owned(), stale: Duration::from_secs(30) }
    }
}

/// The address may hold a password.
impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSettings")
            .field("url", &self.url.as_ref().map(|_secret| "…"))
            .field("ca_file", &self.ca_file)
            .field("prefix", &self.prefix)
            .field("stale", &self.stale)
            .finish()
    }
}

impl RedisSettings {
    /// The first setting that can't be, with what is allowed.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(url) = &self.url
            && redis::Client::open(url.as_str()).is_err()
        {
            return Err((
                "redis.url",
                "must be such as redis://host:6379/0 or rediss://host:6380".to_owned(),
            ));
        }
        if self.ca_file.is_some() && !self.url.as_ref().is_some_and(|url| url.starts_with("rediss://")) {
            return Err((
                "redis.ca_file",
                "needs an address in redis.url that begins with rediss://".to_owned(),
            ));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if self.prefix.is_empty() || self.prefix.len() > 64 || !self.prefix.bytes().all(is_plain) {
            return Err(("redis.prefix", "must be 1 to 64 of the characters A-Z a-z 0-9 - _ . :".to_owned()));
        }
        if self.stale < Duration::from_secs(1) {
            return Err(("redis.stale", "must be at least 1s".to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_named_and_the_address_is_not_shown() {
        let right =
            RedisSettings { url: Some("redis://u:hunter2@localhost/1".to_owned()), ..Default::default() };
        assert_eq!(right.check(), Ok(()));
        assert!(!format!("{right:?}").contains("hunter2"));
        let wrong = [
            (RedisSettings { url: Some("http://x/hunter2".to_owned()), ..right.clone() }, "redis.url"),
            (RedisSettings { ca_file: Some("ca.pem".into()), ..right.clone() }, "redis.ca_file"),
            (RedisSettings { prefix: "{}".to_owned(), ..right.clone() }, "redis.prefix"),
            (RedisSettings { prefix: String::new(), ..right.clone() }, "redis.prefix"),
            (RedisSettings { stale: Duration::ZERO, ..right }, "redis.stale"),
        ];
        for (wrong, name) in wrong {
            let (found, allowed) = wrong.check().unwrap_err();
            assert_eq!(found, name);
            assert!(!allowed.contains("hunter2"));
        }
    }
}

//! What those who write deliveries share with the one who sends them.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::InvalidInput;
use tokio::sync::Notify;

use super::{WebhookSettings, WebhookUrl};
use crate::error::private_address;

/// Where webhooks may go and how long they are kept, and a bell for the worker. Clones share the bell.
#[derive(Clone, Debug)]
pub struct Outbox {
    allow_private_urls: bool,
    /// Whether a URL leads to the public internet, as far as its text tells.
    is_public: fn(&str) -> bool,
    kept: Duration,
    bell: Arc<Notify>,
}

impl Outbox {
    /// By these settings. Addresses of which `is_public` says no are refused, unless private ones are allowed.
    pub fn new(settings: &WebhookSettings, is_public: fn(&str) -> bool) -> Self {
        let WebhookSettings { allow_private_urls, kept, .. } = *settings;
        Self { allow_private_urls, is_public, kept, bell: Arc::default() }
    }

    /// The address of a job's webhook as it may be written. A name is looked at when it is resolved.
    pub(crate) fn url(&self, written: &str) -> Result<WebhookUrl, InvalidInput> {
        if !self.allow_private_urls && !(self.is_public)(written) {
            return Err(private_address("webhook_url"));
        }
        let scheme = if self.allow_private_urls { "an http or https" } else { "an https" };
        let url = written.parse().ok().filter(|url: &WebhookUrl| self.allow_private_urls || url.is_https());
        url.ok_or_else(|| {
            let allowed = format!(
                "must be {scheme} URL of at most 2048 visible ASCII characters, without a user or a fragment"
            );
            InvalidInput::not_allowed("webhook_url", allowed)
        })
    }

    /// How long deliveries are kept.
    pub(crate) fn kept(&self) -> Duration {
        self.kept
    }

    /// Tells the worker of this process that there may be something to send.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Ends when there may be something to send.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_and_private_addresses_are_taken_where_they_are_allowed() {
        let lax = WebhookSettings { allow_private_urls: true, ..WebhookSettings::default() };
        let is_public = |url: &str| !url.contains("10.0.0.1");
        let strict = Outbox::new(&WebhookSettings::default(), is_public);
        let lax = Outbox::new(&lax, is_public);
        for (url, is_strict, is_lax) in [
            ("https://a.test/hook", true, true),
            ("http://127.0.0.1:9000/hook", false, true),
            ("https://10.0.0.1/hook", false, true),
            ("ftp://a.test/", false, false),
            ("", false, false),
        ] {
            assert_eq!((strict.url(url).is_ok(), lax.url(url).is_ok()), (is_strict, is_lax), "{url}");
        }
        let error = strict.url("https://10.0.0.1/hook").unwrap_err();
        assert_eq!(error.to_string(), "webhook_url must lead to an address of the public internet");
        let error = strict.url("http://a.test").unwrap_err();
        assert_eq!(error.field, "webhook_url");
        assert!(error.to_string().contains("an https URL"), "{error}");
    }
}

//! What those who write deliveries share with the one who sends them.

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::InvalidInput;
use tokio::sync::Notify;

use super::{WebhookSettings, WebhookUrl};

/// Where webhooks may go and how long they are kept, and a bell for the worker. Clones share the bell.
#[derive(Clone, Debug)]
pub struct Outbox {
    allow_private_urls: bool,
    /// Whether a URL leads to the public internet, as far as its text tells.
    is_public: fn(&str) -> bool,
    kept: Duration,
    bell: Arc<Notify>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new(&WebhookSettings::default())
    }
}

impl Outbox {
    /// By these settings.
    pub fn new(settings: &WebhookSettings) -> Self {
        let WebhookSettings { allow_private_urls, kept, .. } = *settings;
        Self { allow_private_urls, is_public: |_| true, kept, bell: Arc::default() }
    }

    /// The same, which refuses addresses of which this says no, unless private ones are allowed.
    #[must_use]
    pub fn held_to(self, is_public: fn(&str) -> bool) -> Self {
        Self { is_public, ..self }
    }

    /// The address of a job's webhook as it may be written. A name is looked at when it is resolved.
    pub(crate) fn url(&self, written: &str) -> Result<WebhookUrl, InvalidInput> {
        if !self.allow_private_urls && !(self.is_public)(written) {
            let allowed = "must lead to an address of the public internet";
            return Err(InvalidInput::not_allowed("webhook_url", allowed));
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
        let (strict, lax) = (Outbox::default(), Outbox::new(&lax));
        for (url, is_strict, is_lax) in [
            ("https://a.test/hook", true, true),
            ("http://127.0.0.1:9000/hook", false, true),
            ("ftp://a.test/", false, false),
            ("", false, false),
        ] {
            assert_eq!((strict.url(url).is_ok(), lax.url(url).is_ok()), (is_strict, is_lax), "{url}");
        }
        let held = |outbox: &Outbox| outbox.clone().held_to(|url| !url.contains("10.0.0.1"));
        assert!(held(&lax).url("https://10.0.0.1/hook").is_ok());
        let error = held(&strict).url("https://10.0.0.1/hook").unwrap_err();
        assert_eq!(error.to_string(), "webhook_url must lead to an address of the public internet");
        let error = strict.url("http://a.test").unwrap_err();
        assert_eq!(error.field, "webhook_url");
        assert!(error.to_string().contains("an https URL"), "{error}");
    }
}

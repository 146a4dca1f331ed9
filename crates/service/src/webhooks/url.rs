//! The address that a webhook goes to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use fourfold_domain::InvalidName;

/// The longest address that is taken.
const CHARACTERS_MAX: usize = 2048;

const ALLOWED: InvalidName = InvalidName::new(
    "webhook address",
    "an http or https URL of at most 2048 visible ASCII characters with a host, and without a user or a fragment",
);

/// An http or https address with a host. Whether the host may be reached is told where it is resolved.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct WebhookUrl(Arc<str>);

impl WebhookUrl {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is sent there can't be read on the way.
    pub fn is_https(&self) -> bool {
        scheme(&self.0).is_some_and(|(port, _)| port == "443")
    }

    /// Host and port, by which deliveries are held apart: one slow host keeps up only its own.
    pub fn endpoint(&self) -> String {
        let (default_port, rest) = scheme(&self.0).unwrap_or(("", ""));
        let (host, port) = host_and_port(authority(rest));
        let port = if port.is_empty() { default_port } else { port };
        format!("{}:{port}", host.trim_end_matches('.').to_ascii_lowercase())
    }
}

impl FromStr for WebhookUrl {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
        if text.len() > CHARACTERS_MAX || !is_plain {
            return Err(ALLOWED);
        }
        let (_, rest) = scheme(text).ok_or(ALLOWED)?;
        let authority = authority(rest);
        let (host, port) = host_and_port(authority);
        let is_port = port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0);
        if host.trim_matches('.').is_empty() || authority.contains('@') || !is_port {
            return Err(ALLOWED);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WebhookUrl {
    /// Only where it leads: its path and query may hold a secret of the receiver's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({}…)", self.endpoint())
    }
}

/// The scheme's own port, and what follows the scheme.
fn scheme(url: &str) -> Option<(&'static str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Some(("443", rest)),
        "http" => Some(("80", rest)),
        _ => None,
    }
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?']).next().unwrap_or_default()
}

/// An address of IPv6 stands in brackets, since it has colons of its own.
fn host_and_port(authority: &str) -> (&str, &str) {
    let after_brackets = authority.rfind(']').map_or(0, |at| at + 1);
    match authority.get(after_brackets..).and_then(|rest| rest.find(':')) {
        Some(colon) => {
            let (host, port) = authority.split_at(after_brackets + colon);
            (host, port.trim_start_matches(':'))
        }
        None => (authority, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is_written_and_leads_to_one_endpoint() {
        for (url, endpoint) in [
            ("https://a.test/hook?token=1", "a.test:443"),
            ("https://A.test", "a.test:443"),
            ("https://a.test.:8443/x:y@z", "a.test:8443"),
            ("http://127.0.0.1:9000/", "127.0.0.1:9000"),
            ("HTTP://a.test?x", "a.test:80"),
            ("https://[2001:db8::1]:8443/x", "[2001:db8::1]:8443"),
            ("https://[2001:db8::1]", "[2001:db8::1]:443"),
        ] {
            let parsed: WebhookUrl = url.parse().unwrap();
            assert_eq!((parsed.as_str(), parsed.endpoint().as_str()), (url, endpoint));
        }
    }

    #[test]
    fn only_https_keeps_what_is_sent_to_itself() {
        for (url, is_https) in [("https://a.test", true), ("HTTPS://a.test", true), ("http://a.test", false)]
        {
            assert_eq!(url.parse::<WebhookUrl>().unwrap().is_https(), is_https, "{url}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("https://a.test/{}", "x".repeat(2048));
        for wrong in [
            "",
            "a.test/hook",
            "ftp://a.test/",
            "https:///hook",
            "https://?x",
            "https://:443/",
            "https://./",
            "https://user@a.test/",
            "https://user:word@a.test/",
            "https://a.test:0/",
            "https://a.test:65536/",
            "https://a.test:x/",
            "https://a.test/#part",
            "https://a.test\\@b.test/",
            "https://a.test/a b",
            "https://a.test/\n",
            "https://ä.test/",
            &long,
        ] {
            assert!(wrong.parse::<WebhookUrl>().is_err(), "{wrong}");
        }
    }
}

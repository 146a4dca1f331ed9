//! The signature of a message, by Standard Webhooks.

use std::fmt;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::mac::mac;

/// The length of a new secret.
pub(super) const SECRET_BYTES: usize = 32;

const PREFIX: &str = "whsec_";

/// What signs messages and is known to their receiver. Doesn't print; [`SigningSecret::expose`] shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret([u8; SECRET_BYTES]);

impl SigningSecret {
    /// From random bytes.
    pub fn new(random: [u8; SECRET_BYTES]) -> Self {
        Self(random)
    }

    /// The secret as its receiver takes it: `whsec_` and base64.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }

    pub(super) fn bytes(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// The signature of one message: `v1,` and base64.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp}.");
        format!("v1,{}", STANDARD.encode(mac(&self.0, &[head.as_bytes(), body])))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// The header `webhook-signature`: one signature a secret, so that a receiver who knows any of them is content.
pub(super) fn signatures(secrets: &[SigningSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut header = String::new();
    for secret in secrets {
        let space = if header.is_empty() { "" } else { " " };
        // Writing to a string can't fail.
        let _written = write!(header, "{space}{}", secret.sign(id, timestamp, body));
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    const BODY: &[u8] = br#"{"type":"job.succeeded"}"#;

    /// Whether the public library takes the message, when it knows this secret.
    fn is_taken(secret: &SigningSecret, signature: &str, body: &[u8]) -> bool {
        let timestamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", ID.parse().unwrap());
        headers.insert("webhook-timestamp", timestamp.to_string().parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        standardwebhooks::Webhook::new(&secret.expose()).unwrap().verify(body, &headers).is_ok()
    }

    #[test]
    fn the_public_library_takes_what_any_known_secret_has_signed() {
        let [one, two, other] = [1, 2, 3].map(|byte| SigningSecret::new([byte; SECRET_BYTES]));
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let signature = signatures(&[one.clone(), two.clone()], ID, now.try_into().unwrap(), BODY);
        assert_eq!(signature.split(' ').count(), 2);
        assert!(is_taken(&one, &signature, BODY) && is_taken(&two, &signature, BODY));
        assert!(!is_taken(&other, &signature, BODY));
        assert!(!is_taken(&one, &signature, br#"{"type":"job.failed"}"#));
    }

    #[test]
    fn a_secret_is_shown_when_it_is_asked_for_and_not_otherwise() {
        let secret = SigningSecret::new([7; SECRET_BYTES]);
        assert_eq!(secret.expose(), format!("whsec_{}", STANDARD.encode([7; 32])));
        assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
    }
}

//! Tokens that stand for one result until they expire: the facts, and a signature over them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fourfold_domain::JobId;
use hmac::Mac as _;
use uuid::Uuid;

use crate::Timestamp;
use crate::mac::{mac, mac_to_verify};

/// Version, job, index and expiry.
const FACTS_BYTES: usize = 1 + 16 + 4 + 8;
/// How much of the signature is kept: 128 bits.
const SIGNATURE_BYTES: usize = 16;
const VERSION: u8 = 1;

/// What a token says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ArtifactToken {
    /// Which job's result.
    pub job: JobId,
    /// Which of its results.
    pub index: u32,
    /// From when on it doesn't count.
    pub expires_at: Timestamp,
}

/// The key that signs tokens. Doesn't print.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

impl TokenKey {
    /// From the server's secret key; only this purpose's share of it is used.
    pub fn new(secret_key: &[u8; 32]) -> Self {
        Self(mac(secret_key, &[b"fourfold artifact tokens"]))
    }

    pub(super) fn sign(&self, token: &ArtifactToken) -> String {
        let mut bytes = Vec::with_capacity(FACTS_BYTES + SIGNATURE_BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(token.job.uuid().as_bytes());
        bytes.extend_from_slice(&token.index.to_be_bytes());
        bytes.extend_from_slice(&token.expires_at.millis().to_be_bytes());
        let signature = mac(&self.0, &[&bytes]);
        bytes.extend_from_slice(&signature[..SIGNATURE_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What the token says, if it is ours, unaltered and not expired.
    pub(super) fn open(&self, text: &str, now: Timestamp) -> Option<ArtifactToken> {
        let bytes =
            URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == FACTS_BYTES + SIGNATURE_BYTES)?;
        let (facts, signature) = bytes.split_at(FACTS_BYTES);
        mac_to_verify(&self.0, &[facts]).verify_truncated_left(signature).ok()?;
        let (version, facts) = facts.split_first()?;
        let (job, facts) = facts.split_first_chunk::<16>()?;
        let (index, facts) = facts.split_first_chunk::<4>()?;
        let (expires_at, _rest) = facts.split_first_chunk::<8>()?;
        let token = ArtifactToken {
            job: JobId::new(Uuid::from_bytes(*job)),
            index: u32::from_be_bytes(*index),
            expires_at: Timestamp::from_millis(i64::from_be_bytes(*expires_at)),
        };
        (*version == VERSION && token.expires_at > now).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> ArtifactToken {
        ArtifactToken { job: JobId::new(Uuid::now_v7()), index: 3, expires_at: Timestamp::from_millis(1000) }
    }

    #[test]
    fn a_token_opens_until_it_expires() {
        let (key, token) = (TokenKey::new(&[7; 32]), token());
        let text = key.sign(&token);
        assert_eq!(key.open(&text, Timestamp::from_millis(999)), Some(token));
        assert_eq!(key.open(&text, Timestamp::from_millis(1000)), None);
    }

    #[test]
    fn an_altered_token_does_not_open() {
        let key = TokenKey::new(&[7; 32]);
        let text = key.sign(&token());
        let now = Timestamp::from_millis(0);
        for at in 0..text.len() {
            let mut altered = text.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(altered == text || key.open(&altered, now).is_none(), "byte {at}");
        }
        assert_eq!(TokenKey::new(&[8; 32]).open(&text, now), None);
        for garbage in ["", "x", "../../etc/passwd", &"A".repeat(60)] {
            assert_eq!(key.open(garbage, now), None);
        }
    }
}

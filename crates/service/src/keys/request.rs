//! What makes a key's secret the same for the same request, while nothing that is stored lets anyone use it.
//!
//! The secret of a key that is made or rotated under an `Idempotency-Key` isn't random: it is derived from the server's
//! secret key and a salt that is stored with the request. So a replay can show it again, and a reader of the database
//! alone learns nothing. The request is forgotten after a day; copies of the database that were made before, and pages
//! that it freed, keep the salt for longer, so that who has one of those and the secret key can derive the secret still.

use std::fmt;

use fourfold_domain::KeyId;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::KeySecret;
use crate::mac::mac;
use crate::{Idempotency, Timestamp};

/// What an admin sent to have a key made or rotated once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyIdempotency {
    /// The key that he called with.
    pub by: KeyId,
    /// What he sent.
    pub idempotency: Idempotency,
}

/// A request for a key's secret, as it is stored. Prints without its salt.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// SHA-256 of who asked and where the idempotency key counts.
    pub scope: [u8; 32],
    /// SHA-256 of the request's body.
    pub fingerprint: [u8; 32],
    /// The key that it makes or rotates.
    pub key: KeyId,
    /// The hash that the key had, where it is rotated.
    pub replaces: Option<[u8; 32]>,
    /// What the secret is derived from, together with the server's secret key.
    pub salt: [u8; 32],
    /// When it came first.
    pub created_at: Timestamp,
}

impl KeyIdempotency {
    /// The request, as if it were the first one.
    pub(super) fn request(&self, key: KeyId, replaces: Option<[u8; 32]>, now: Timestamp) -> KeyRequest {
        let Idempotency { method, path, key: idempotency_key, fingerprint } = &self.idempotency;
        let mut scope = Sha256::new();
        scope.update(self.by.uuid().as_bytes());
        // The method and the path have no line ends.
        scope.update(format!("{method}\n{path}\n{idempotency_key}"));
        KeyRequest {
            scope: scope.finalize().into(),
            fingerprint: *fingerprint,
            key,
            replaces,
            salt: random(),
            created_at: now,
        }
    }
}

impl fmt::Debug for KeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRequest")
            .field("scope", &self.scope)
            .field("fingerprint", &self.fingerprint)
            .field("key", &self.key)
            .field("replaces", &self.replaces)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

/// Derives the secrets of keys. Doesn't print.
#[derive(Clone)]
pub struct SecretSource([u8; 32]);

impl SecretSource {
    /// From the server's secret key; only this purpose's share of it is used.
    pub fn new(secret_key: &[u8; 32]) -> Self {
        Self(mac(secret_key, &[b"fourfold secrets of api keys"]))
    }

    /// One whose secrets can't be derived again once the process has ended.
    pub(super) fn random() -> Self {
        Self(random())
    }

    /// The same for the same request.
    pub(super) fn secret(&self, request: &KeyRequest) -> KeySecret {
        KeySecret::new(mac(&self.0, &[request.key.uuid().as_bytes(), &request.salt]))
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSource(…)")
    }
}

/// 32 bytes from the system's source of randomness, 244 bits of them random.
pub(super) fn random() -> [u8; 32] {
    let mut random = [0; 32];
    random[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    random[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    random
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::idempotency;

    fn request(by: KeyId, key: &str) -> KeyRequest {
        let once = KeyIdempotency { by, idempotency: idempotency(key, 1) };
        once.request(KeyId::new(Uuid::nil()), None, Timestamp::default())
    }

    #[test]
    fn a_secret_needs_the_servers_key_and_the_requests_salt() {
        let (source, first) = (SecretSource::new(&[7; 32]), request(KeyId::new(Uuid::nil()), "a"));
        let secret = source.secret(&first);
        assert_eq!(source.secret(&first.clone()), secret);
        assert_ne!(SecretSource::new(&[8; 32]).secret(&first), secret);
        assert_ne!(source.secret(&KeyRequest { salt: [1; 32], ..first }), secret);
    }

    #[test]
    fn a_salt_does_not_print() {
        let salted = KeyRequest { salt: [7; 32], ..request(KeyId::new(Uuid::nil()), "a") };
        let other = KeyRequest { salt: [8; 32], ..salted.clone() };
        assert_eq!(format!("{salted:?}"), format!("{other:?}"));
    }

    #[test]
    fn a_request_is_told_by_who_asks_and_by_its_key() {
        let (by, other) = (KeyId::new(Uuid::nil()), KeyId::new(Uuid::max()));
        assert_eq!(request(by, "a").scope, request(by, "a").scope);
        assert_ne!(request(by, "a").scope, request(by, "b").scope);
        assert_ne!(request(by, "a").scope, request(other, "a").scope);
    }
}

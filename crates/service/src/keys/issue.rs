//! Secrets given out to admins: of new keys and of rotated ones.

use std::time::Duration;

use fourfold_domain::KeyId;
use uuid::Uuid;

use super::service::{check_new, check_overlap};
use super::{ApiKey, KeyIdempotency, KeyRequest, KeySecret, KeysService, NewKey};
use crate::{Refusal, ServiceError};

/// A key with its secret, to be shown to who asked and kept nowhere.
#[derive(Debug)]
pub struct Issued {
    /// The key as it is now.
    pub key: ApiKey,
    /// The secret that the request gave it.
    pub secret: KeySecret,
}

impl KeysService {
    /// Makes a key. The same request again is given the same key, as it is then, and its secret.
    ///
    /// # Errors
    ///
    /// The key can't be so, the idempotency key was used for another request, or the secret that the first request gave
    /// isn't the key's any more.
    pub async fn issue(&self, new: NewKey, once: Option<&KeyIdempotency>) -> Result<Issued, ServiceError> {
        check_new(&new)?;
        let Some(once) = once else {
            let secret = KeySecret::random();
            return Ok(Issued { key: self.create(new, &secret).await?, secret });
        };
        let first = self.first(once.request(KeyId::new(Uuid::now_v7()), None, self.clock.now())).await?;
        let secret = self.secrets.secret(&first);
        if let Some(key) = self.store.key(first.key).await? {
            return shown(key, secret);
        }
        // The request is new, or its process ended before there was a key; its twin may be as far.
        match self.insert(first.key, new, &secret).await {
            Ok(key) => Ok(Issued { key, secret }),
            Err(error) => match self.store.key(first.key).await? {
                Some(key) => shown(key, secret),
                None => Err(error),
            },
        }
    }

    /// Gives a key that counts another secret, as [`KeysService::rotate`]. The same request again changes nothing and is
    /// given the key, as it is then, and that secret.
    ///
    /// # Errors
    ///
    /// The overlap is too long, there is no such key that counts, the idempotency key was used for another request, or
    /// the secret that the first request gave was replaced twice since.
    pub async fn reissue(
        &self,
        id: KeyId,
        overlap: Duration,
        once: Option<&KeyIdempotency>,
    ) -> Result<Issued, ServiceError> {
        check_overlap(overlap)?;
        let Some(once) = once else {
            let secret = KeySecret::random();
            return Ok(Issued { key: self.rotate(id, &secret, overlap).await?, secret });
        };
        let now = self.clock.now();
        let key = self.store.key(id).await?.filter(|key| key.is_live(now));
        let key = key.ok_or(ServiceError::NotFound("key that counts"))?;
        let first = self.first(once.request(id, Some(key.hash), now)).await?;
        let secret = self.secrets.secret(&first);
        // What it was to replace is still there: the request is new, or its process ended before it was done. Its twin
        // may be done meanwhile, which the store finds out by the hash.
        if first.replaces == Some(key.hash) {
            return Ok(Issued { key: self.rotate(id, &secret, overlap).await?, secret });
        }
        shown(key, secret)
    }

    /// The request as it came first.
    async fn first(&self, request: KeyRequest) -> Result<KeyRequest, ServiceError> {
        let fingerprint = request.fingerprint;
        let first = self.store.keep_key_request(request).await?;
        if first.fingerprint != fingerprint {
            return Err(ServiceError::Refused(Refusal::IdempotencyMismatch));
        }
        Ok(first)
    }
}

/// A secret is shown again only where it is the key's, or was until its last.
fn shown(key: ApiKey, secret: KeySecret) -> Result<Issued, ServiceError> {
    let hash = secret.hash();
    if key.hash == hash || key.previous.is_some_and(|previous| previous.hash == hash) {
        return Ok(Issued { key, secret });
    }
    Err(ServiceError::AlreadyMade { what: "key", id: key.id.to_string() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fourfold_domain::Realm;

    use super::*;
    use crate::keys::KeyKind;
    use crate::testing::{MemoryStore, TestClock, idempotency};

    #[tokio::test]
    async fn what_broke_off_before_the_secret_counted_is_done_by_the_next() {
        let clock = Arc::new(TestClock::default());
        let keys = KeysService::new(Arc::new(MemoryStore::new(clock.clone())), clock.clone());
        let by = KeyId::new(Uuid::nil());
        let new = || NewKey::new(KeyKind::Service, Realm::default(), None);
        let once = |key| KeyIdempotency { by, idempotency: idempotency(key, 1) };

        let request = once("a").request(KeyId::new(Uuid::now_v7()), None, keys.clock.now());
        keys.first(request.clone()).await.unwrap();
        let made = keys.issue(new(), Some(&once("a"))).await.unwrap();
        assert_eq!(made.key.id, request.key);

        let request = once("b").request(made.key.id, Some(made.key.hash), keys.clock.now());
        keys.first(request).await.unwrap();
        let rotated = keys.reissue(made.key.id, Duration::ZERO, Some(&once("b"))).await.unwrap();
        assert_ne!(rotated.secret, made.secret);
        assert_eq!(rotated.key.hash, rotated.secret.hash());
    }
}

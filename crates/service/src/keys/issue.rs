//! Secrets given out to admins: of new keys and of rotated ones.

use std::time::Duration;

use fourfold_domain::KeyId;
use uuid::Uuid;

use super::service::{check_new, check_overlap, not_counting};
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
    /// opens nothing any more.
    pub async fn issue(&self, new: NewKey, once: Option<&KeyIdempotency>) -> Result<Issued, ServiceError> {
        check_new(&new)?;
        let Some(once) = once else {
            let secret = KeySecret::random();
            return Ok(Issued { key: self.create(new, &secret).await?, secret });
        };
        let first = self.first(once.request(KeyId::new(Uuid::now_v7()), None, self.clock.now())).await?;
        let secret = self.secrets.secret(&first);
        if let Some(key) = self.store.key(first.key).await? {
            return self.shown(key, secret);
        }
        // The request is new, or its process ended before there was a key; its twin may be as far.
        match self.insert(first.key, new, &secret).await {
            Ok(key) => Ok(Issued { key, secret }),
            Err(error) => match self.store.key(first.key).await? {
                Some(key) => self.shown(key, secret),
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
    /// the secret that the first request gave opens nothing any more.
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
        let key = self.store.key(id).await?.ok_or_else(not_counting)?;
        let first = self.first(once.request(id, Some(key.hash), self.clock.now())).await?;
        let secret = self.secrets.secret(&first);
        if first.replaces != Some(key.hash) {
            return self.shown(key, secret);
        }
        // What it was to replace is still there: the request is new, or its process ended before it was done. Its twin
        // may be done meanwhile, and another rotation after that.
        match self.replace(&key, &secret, overlap).await? {
            Some(key) => self.shown(key, secret),
            None => match self.store.key(id).await? {
                Some(now) if now.hash != key.hash => self.shown(now, secret),
                _ => Err(not_counting()),
            },
        }
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

    /// A secret is shown again only while it opens something.
    fn shown(&self, key: ApiKey, secret: KeySecret) -> Result<Issued, ServiceError> {
        let (hash, now) = (secret.hash(), self.clock.now());
        if key.is_opened_by(&hash, now) {
            return Ok(Issued { key, secret });
        }
        let is_known = key.hash == hash || key.previous.is_some_and(|previous| previous.hash == hash);
        let because = match is_known || !key.is_live(now) {
            true => "is no longer good",
            // Or the server's secret key is another now; nobody can tell.
            false => "was replaced or can't be shown again",
        };
        Err(ServiceError::AlreadyMade { what: "key", id: key.id.to_string(), because })
    }
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

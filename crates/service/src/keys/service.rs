//! Making, revoking and knowing keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fourfold_domain::{InvalidInput, KeyId};
use uuid::Uuid;

use super::{
    ApiKey, Identity, KeyChange, KeyKind, KeyRotation, KeySecret, NewKey, Scope, Scopes, SecretSource,
};
use crate::credits::Budget;
use crate::limits::Limits;
use crate::ports::KeyStore;
use crate::tokens::TokenVerifier;
use crate::{Clock, ServiceError, Spawner};

/// How often a change of keys on another node is looked for; it counts within twice this time.
const REVISION_CHECK: Duration = Duration::from_secs(1);

/// The longest that a secret that was replaced may count.
const OVERLAP_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The most keys that are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// Makes, revokes and knows keys. Clones share what is remembered.
#[derive(Clone)]
pub struct KeysService {
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) secrets: SecretSource,
    remembered: Arc<Mutex<Remembered>>,
    tokens: Option<Arc<TokenVerifier>>,
}

#[derive(Default)]
struct Remembered {
    /// The store's count of changes when it was last looked at.
    revision: u64,
    /// Rises whenever all is forgotten, so that what was read before isn't remembered after.
    generation: u64,
    by_hash: HashMap<[u8; 32], Arc<ApiKey>>,
}

impl KeysService {
    /// Over this store. What [`KeysService::issue`] shows again, it shows only until this process ends.
    pub fn new(store: Arc<dyn KeyStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, secrets: SecretSource::random(), remembered: Arc::default(), tokens: None }
    }

    /// Shows secrets again that any process with the same source gave out.
    #[must_use]
    pub fn with_secrets(self, secrets: SecretSource) -> Self {
        Self { secrets, ..self }
    }

    /// Takes tokens too that count by this.
    #[must_use]
    pub fn with_tokens(self, tokens: TokenVerifier) -> Self {
        Self { tokens: Some(Arc::new(tokens)), ..self }
    }

    /// Makes a key with this secret. The secret is kept nowhere.
    pub async fn create(&self, new: NewKey, secret: &KeySecret) -> Result<ApiKey, ServiceError> {
        check_new(&new)?;
        self.insert(KeyId::new(Uuid::now_v7()), new, secret).await
    }

    pub(super) async fn insert(
        &self,
        id: KeyId,
        new: NewKey,
        secret: &KeySecret,
    ) -> Result<ApiKey, ServiceError> {
        let key = ApiKey {
            id,
            kind: new.kind,
            realm: new.realm,
            account: new.account,
            name: new.name,
            scopes: new.scopes,
            models: new.models,
            limits: new.limits,
            hash: secret.hash(),
            previous: None,
            created_at: self.clock.now(),
            expires_at: new.expires_at,
            revoked_at: None,
            budget: new.budget.map(Budget::new),
        };
        self.store.insert_key(key.clone()).await?;
        tracing::info!(key.id = %key.id, kind = key.kind.as_str(), realm = %key.realm, "a key was made");
        Ok(key)
    }

    /// Makes the key of this secret unless it is there already. One that is there but doesn't count any
    /// more, or is of another kind, is refused: it would open nothing.
    pub async fn ensure(&self, new: NewKey, secret: &KeySecret) -> Result<ApiKey, ServiceError> {
        match self.store.key_by_hash(secret.hash()).await? {
            None => self.create(new, secret).await,
            Some(key) if key.kind == new.kind && key.is_opened_by(&secret.hash(), self.clock.now()) => {
                Ok(key)
            }
            Some(key) => {
                let problem =
                    format!("is a key that is revoked, expired or not of the kind {}", new.kind.as_str());
                tracing::error!(key.id = %key.id, "a configured key opens nothing");
                Err(InvalidInput::not_allowed("the configured key", problem).into())
            }
        }
    }

    /// Revokes a key; here it counts at once, elsewhere within two seconds.
    pub async fn revoke(&self, id: KeyId) -> Result<(), ServiceError> {
        let known = self.store.revoke_key(id).await?;
        self.remembered().forget();
        if !known {
            return Err(ServiceError::NotFound("key"));
        }
        tracing::info!(key.id = %id, "a key was revoked");
        Ok(())
    }

    /// Gives a key that counts another secret. The one that it had counts for so long after this; one that was replaced
    /// before no longer does. All else of the key stays, its budget and what was spent of it too.
    pub async fn rotate(
        &self,
        id: KeyId,
        secret: &KeySecret,
        overlap: Duration,
    ) -> Result<ApiKey, ServiceError> {
        check_overlap(overlap)?;
        let mut key = self.store.key(id).await?.ok_or_else(not_counting)?;
        loop {
            if let Some(rotated) = self.replace(&key, secret, overlap).await? {
                return Ok(rotated);
            }
            let now = self.store.key(id).await?.ok_or_else(not_counting)?;
            if now.hash == key.hash {
                return Err(not_counting());
            }
            // Somebody else rotated it meanwhile, and this comes after that.
            key = now;
        }
    }

    /// Puts a secret in the place of the one that the key was read with. None where it has another by now, or doesn't
    /// count.
    pub(super) async fn replace(
        &self,
        key: &ApiKey,
        secret: &KeySecret,
        overlap: Duration,
    ) -> Result<Option<ApiKey>, ServiceError> {
        let until = self.clock.now().after(overlap);
        let rotation = KeyRotation { replaces: key.hash, hash: secret.hash(), until };
        let rotated = self.store.rotate_key(key.id, rotation).await?;
        self.remembered().forget();
        if rotated.is_some() {
            tracing::info!(key.id = %key.id, overlap_s = overlap.as_secs(), "a key was given another secret");
        }
        Ok(rotated)
    }

    /// Changes a key that counts; here it counts at once, elsewhere within two seconds. What is done with it meanwhile
    /// keeps to what held when it began.
    ///
    /// # Errors
    ///
    /// A scope that is for admin keys only, a limit that can't be, a budget for a key that has none or that is less than
    /// what was spent of it, or no such key.
    pub async fn change(&self, id: KeyId, change: KeyChange) -> Result<ApiKey, ServiceError> {
        let key = self.store.key(id).await?.ok_or_else(not_counting)?;
        check(key.kind, change.scopes.unwrap_or(key.scopes), change.limits.unwrap_or(key.limits))?;
        if change.budget.is_some() && key.budget.is_none() {
            let problem = "can't be given to a key that was made without one; make another key";
            return Err(InvalidInput::not_allowed("budget", problem).into());
        }
        let changed = self.store.change_key(id, change).await?;
        self.remembered().forget();
        let Some(changed) = changed else {
            return Err(match self.store.key(id).await? {
                Some(key) if key.is_live(self.clock.now()) => {
                    let problem = "must be at least what was charged and is held with the key";
                    InvalidInput::not_allowed("budget", problem).into()
                }
                _ => not_counting(),
            });
        };
        tracing::info!(key.id = %id, "a key was changed");
        Ok(changed)
    }

    /// Keys, the newest first, older than `before`.
    pub async fn list(&self, before: Option<KeyId>, limit: usize) -> Result<Vec<ApiKey>, ServiceError> {
        Ok(self.store.keys(before, limit).await?)
    }

    /// Who shows this; nobody where it opens nothing.
    pub async fn identify(&self, shown: &str) -> Result<Option<Identity>, ServiceError> {
        if let Some(tokens) = self.tokens.as_ref().filter(|tokens| tokens.may_be_token(shown))
            && let Some(user) = tokens.verify(shown).await?
        {
            return Ok(Some(Identity::Token(user)));
        }
        let Ok(secret) = shown.parse() else { return Ok(None) };
        Ok(self.authenticate(&secret).await?.map(Identity::Key))
    }

    /// The live key of a secret.
    pub async fn authenticate(&self, secret: &KeySecret) -> Result<Option<Arc<ApiKey>>, ServiceError> {
        let hash = secret.hash();
        let now = self.clock.now();
        let (known, generation) = {
            let remembered = self.remembered();
            (remembered.by_hash.get(&hash).cloned(), remembered.generation)
        };
        let key = match known {
            Some(key) => Some(key),
            None => {
                let key = self.store.key_by_hash(hash).await?.map(Arc::new);
                if let Some(key) = &key {
                    self.remember(hash, key.clone(), generation);
                }
                key
            }
        };
        Ok(key.filter(|key| key.is_opened_by(&hash, now)))
    }

    /// Whether the store answers.
    pub async fn check(&self) -> Result<(), ServiceError> {
        self.store.keys_revision().await?;
        Ok(())
    }

    /// Starts to look for changes that other nodes and the command line make.
    pub fn watch(&self, spawner: &Spawner) {
        let (keys, stopping) = (self.clone(), spawner.stopping().clone());
        spawner.start(async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(REVISION_CHECK) => {}
                }
                match keys.store.keys_revision().await {
                    Ok(revision) => keys.notice(revision),
                    Err(error) => {
                        // What isn't known to be current is forgotten, so that a revoked key can't live on.
                        keys.remembered().forget();
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "changes of keys can't be read"
                        );
                    }
                }
            }
        });
    }

    fn notice(&self, revision: u64) {
        let mut remembered = self.remembered();
        if remembered.revision != revision {
            remembered.revision = revision;
            remembered.forget();
        }
    }

    /// Remembers a key, unless keys have changed since it was read.
    fn remember(&self, hash: [u8; 32], key: Arc<ApiKey>, generation: u64) {
        let mut remembered = self.remembered();
        if remembered.generation == generation {
            if remembered.by_hash.len() >= REMEMBERED_MAX {
                remembered.by_hash.clear();
            }
            remembered.by_hash.insert(hash, key);
        }
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// There is no such key, or it is revoked or has expired.
pub(super) fn not_counting() -> ServiceError {
    ServiceError::NotFound("key that counts")
}

pub(super) fn check_new(new: &NewKey) -> Result<(), InvalidInput> {
    if new.kind == KeyKind::User && new.account.is_none() {
        return Err(InvalidInput::malformed("account", "is required for a user key"));
    }
    check(new.kind, new.scopes, new.limits)
}

pub(super) fn check_overlap(overlap: Duration) -> Result<(), InvalidInput> {
    if overlap > OVERLAP_MAX {
        return Err(InvalidInput::not_allowed("overlap", "must be at most 30 days"));
    }
    Ok(())
}

/// Whether a key of this kind can have these.
fn check(kind: KeyKind, scopes: Scopes, limits: Limits) -> Result<(), InvalidInput> {
    if kind != KeyKind::Admin && scopes != Scopes::All && scopes.allow(Scope::Admin) {
        return Err(InvalidInput::not_allowed("scopes", "may have admin for an admin key only"));
    }
    limits.check().map_err(|problem| InvalidInput::not_allowed("limits", problem))
}

impl Remembered {
    fn forget(&mut self) {
        self.generation += 1;
        self.by_hash.clear();
    }
}

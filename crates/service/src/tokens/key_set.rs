//! The public keys of one issuer: read when they are first needed, again once they are old or a token names one that
//! isn't among them, and kept while they can't be read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fourfold_domain::Effect;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::time::{Instant, timeout};

use crate::ServiceError;
use crate::ports::KeySource;

/// How old keys may be before they are read again.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// How long after one reading there is no other where no keys were ever read; else `auth.keys_pause`, where that is less.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);

/// How long a reading may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The public keys of one issuer.
pub(super) struct KeySet {
    url: String,
    source: Arc<dyn KeySource>,
    /// How long after one reading there is no other, whatever tokens name.
    pause: Duration,
    state: Mutex<State>,
    /// One reads at a time.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    keys: Arc<[PublicKey]>,
    read_at: Option<Instant>,
    tried_at: Option<Instant>,
}

struct PublicKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: Arc<DecodingKey>,
}

impl KeySet {
    pub(super) fn new(url: String, source: Arc<dyn KeySource>, pause: Duration) -> Self {
        Self { url, source, pause, state: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// The key of this id and algorithm. A token without an id means the only key of its algorithm.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Unavailable`] where no keys could ever be read.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Option<Arc<DecodingKey>>, ServiceError> {
        let known = self.known(id, algorithm);
        let _turn = match (&known, self.is_fresh()) {
            (Some(_), true) => return Ok(known),
            // What is old still counts while somebody reads it again.
            (Some(_), false) => match self.turn.try_lock() {
                Ok(turn) => turn,
                Err(_somebody_reads) => return Ok(known),
            },
            (None, _) => self.turn.lock().await,
        };
        if self.may_read() {
            self.read().await;
        }
        let known = self.known(id, algorithm);
        if known.is_none() && self.state().read_at.is_none() {
            let (what, effect) = ("the public keys of an issuer of tokens can't be read", Effect::NotStarted);
            return Err(ServiceError::Unavailable { what, effect, source: "none were read yet".into() });
        }
        Ok(known)
    }

    async fn read(&self) {
        self.state().tried_at = Some(Instant::now());
        let read = match timeout(PATIENCE, self.source.load(&self.url)).await {
            Ok(Ok(bytes)) => serde_json::from_slice::<JwkSet>(&bytes).map_err(Into::into),
            Ok(Err(error)) => Err(error),
            Err(_late) => Err("there is no answer".into()),
        };
        match read {
            Ok(set) => {
                let keys = set.keys.iter().filter_map(PublicKey::of).collect();
                let mut state = self.state();
                (state.keys, state.read_at) = (keys, Some(Instant::now()));
            }
            Err(error) => tracing::warn!(
                url = self.url,
                error = &*error as &(dyn std::error::Error + 'static),
                "the public keys of an issuer of tokens can't be read; those that are known stay"
            ),
        }
    }

    fn known(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        let keys = self.state().keys.clone();
        let mut of_algorithm = keys.iter().filter(|key| key.algorithm == algorithm);
        let found = match id {
            Some(id) => of_algorithm.find(|key| key.id.as_deref() == Some(id))?,
            None => {
                let only = of_algorithm.next()?;
                of_algorithm.next().is_none().then_some(only)?
            }
        };
        Some(found.key.clone())
    }

    fn is_fresh(&self) -> bool {
        self.state().read_at.is_some_and(|read_at| read_at.elapsed() < FRESH)
    }

    fn may_read(&self) -> bool {
        let state = self.state();
        let pause = if state.read_at.is_some() { self.pause } else { self.pause.min(PAUSE_WITHOUT_KEYS) };
        state.tried_at.is_none_or(|tried_at| tried_at.elapsed() >= pause)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PublicKey {
    /// A key that signs with RS256 or ES256; others are none of ours.
    fn of(jwk: &Jwk) -> Option<Self> {
        let (algorithm, named) = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
            AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
                (Algorithm::ES256, KeyAlgorithm::ES256)
            }
            _ => return None,
        };
        let is_for_it = jwk.common.key_algorithm.is_none_or(|algorithm| algorithm == named);
        let signs = jwk.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
        if !is_for_it || !signs {
            return None;
        }
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(Self { id: jwk.common.key_id.clone(), algorithm, key: Arc::new(key) })
    }
}

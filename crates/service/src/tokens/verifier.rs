//! Looks whether a token counts, and for whom.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::AuthSettings;
use super::key_set::KeySet;
use super::settings::Trusted;
use crate::keys::TokenUser;
use crate::ports::KeySource;
use crate::{Clock, ServiceError, Timestamp};

/// The longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// The most tokens that are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// The longest that a token is remembered: after that its key must still be one of its issuer's.
const REMEMBERED_FOR: Duration = Duration::from_secs(10 * 60);

/// How far the clock of an issuer may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(30);

/// Knows the users that tokens are for. Each is looked at once in a while and remembered in between.
pub struct TokenVerifier {
    issuers: Vec<Issuer>,
    clock: Arc<dyn Clock>,
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
}

struct Issuer {
    trusted: Trusted,
    secret: Option<Arc<DecodingKey>>,
    public: Option<KeySet>,
}

struct Remembered {
    user: Arc<TokenUser>,
    until: Timestamp,
}

#[derive(Deserialize)]
struct Unverified {
    iss: String,
}

/// What must be there besides issuer and audience; moments in seconds since 1970.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    nbf: Option<f64>,
}

impl TokenVerifier {
    /// Over these issuers, whose public keys come from this source.
    ///
    /// # Errors
    ///
    /// The first setting that can't be, with what is allowed.
    pub fn new(
        settings: &AuthSettings,
        source: &Arc<dyn KeySource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, (String, String)> {
        let issuer = |trusted: Trusted| Issuer {
            secret: trusted
                .secret
                .as_ref()
                .map(|secret| Arc::new(DecodingKey::from_secret(secret.as_bytes()))),
            public: trusted.jwks_url.clone().map(|url| KeySet::new(url, source.clone(), settings.keys_pause)),
            trusted,
        };
        let issuers = settings.trusted()?.into_iter().map(issuer).collect();
        Ok(Self { issuers, clock, remembered: Mutex::default() })
    }

    /// Whether this may be a token for it.
    pub(crate) fn may_be_token(&self, shown: &str) -> bool {
        !self.issuers.is_empty() && shown.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// The user that a token is for, if it counts.
    ///
    /// # Errors
    ///
    /// [`ServiceError::Unavailable`] where its issuer's public keys could never be read.
    pub async fn verify(&self, token: &str) -> Result<Option<Arc<TokenUser>>, ServiceError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        let (hash, now) = (Sha256::digest(token).into(), self.clock.now());
        if let Some(user) = self.recall(&hash, now) {
            return Ok(Some(user));
        }
        let (Ok(header), Ok(unverified)) = (decode_header(token), insecure_decode::<Unverified>(token))
        else {
            return Ok(None);
        };
        // It names what must be understood for the token to count (RFC 7515, section 4.1.11), and we understand no such.
        if header.crit.is_some() {
            return Ok(None);
        }
        for issuer in self.issuers.iter().filter(|issuer| issuer.trusted.issuer == unverified.claims.iss) {
            if let Some(user) = issuer.verify(token, &header, now).await? {
                let user = Arc::new(user);
                self.remember(hash, &user, now);
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    fn recall(&self, hash: &[u8; 32], now: Timestamp) -> Option<Arc<TokenUser>> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.get(hash).filter(|known| known.until > now).map(|known| known.user.clone())
    }

    fn remember(&self, hash: [u8; 32], user: &Arc<TokenUser>, now: Timestamp) {
        let until = user.expires_at.min(now.after(REMEMBERED_FOR));
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.retain(|_hash, known| known.until > now);
        }
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(hash, Remembered { user: user.clone(), until });
    }
}

impl Issuer {
    async fn verify(
        &self,
        token: &str,
        header: &Header,
        now: Timestamp,
    ) -> Result<Option<TokenUser>, ServiceError> {
        // Which key it is follows from the algorithm, and what a key is for is ours to say.
        let key = match (header.alg, &self.secret, &self.public) {
            (Algorithm::HS256, Some(secret), _) => Some(secret.clone()),
            (Algorithm::RS256 | Algorithm::ES256, _, Some(public)) => {
                public.find(header.kid.as_deref(), header.alg).await?
            }
            _ => None,
        };
        let Some(key) = key else { return Ok(None) };
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&self.trusted.issuer]);
        validation.set_audience(&[&self.trusted.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // By our own clock, below.
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        let Ok(token) = decode::<Claims>(token, &key, &validation) else { return Ok(None) };
        let Claims { sub, exp, nbf } = token.claims;
        let (expires_at, has_begun) = (moment(exp), nbf.is_none_or(|nbf| moment(nbf) <= now.after(AHEAD)));
        let Ok(account) = sub.parse() else { return Ok(None) };
        let user = TokenUser {
            realm: self.trusted.realm.clone(),
            account,
            scopes: self.trusted.scopes,
            models: self.trusted.models.clone(),
            expires_at,
        };
        Ok((expires_at > now && has_begun).then_some(user))
    }
}

/// Seconds since 1970, whole or not; what can't be counted is the nearest that can.
fn moment(seconds: f64) -> Timestamp {
    Timestamp::from_millis((seconds * 1000.0) as i64)
}

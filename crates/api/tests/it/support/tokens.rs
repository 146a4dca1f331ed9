//! Tokens of issuers that the house trusts.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_service::ports::KeySource;
use fourfold_service::tokens::{AuthSettings, IssuerSettings, TokenVerifier};
use fourfold_service::{BoxError, Clock, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

/// Whose users may do what a user's key may.
pub(crate) const ISSUER: &str = "https://issuer.test";

/// Whose users may only make jobs.
pub(crate) const ISSUER_OF_JOBS: &str = "https://jobs.issuer.test";

/// Whose users may only use models that make pictures.
pub(crate) const ISSUER_OF_PICTURES: &str = "https://pictures.issuer.test";

/// What all of them sign with.
pub(crate) const SECRET: &str = "a secret of thirty-two bytes or more";

const AUDIENCE: &str = "fourfold";

/// These issuers have no public keys.
struct NoKeys;

#[async_trait]
impl KeySource for NoKeys {
    async fn load(&self, url: &str) -> Result<Bytes, BoxError> {
        Err(format!("{url} was asked for").into())
    }
}

pub(super) fn verifier(clock: Arc<dyn Clock>) -> TokenVerifier {
    let trusted = |issuer: &str, scopes: &[&str], models: &[&str]| IssuerSettings {
        issuer: issuer.to_owned(),
        audience: AUDIENCE.to_owned(),
        secret: Some(SECRET.to_owned()),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        models: models.iter().map(|&model| model.to_owned()).collect(),
        ..IssuerSettings::default()
    };
    let jwt = vec![
        trusted(ISSUER, &[], &[]),
        trusted(ISSUER_OF_JOBS, &["jobs"], &[]),
        trusted(ISSUER_OF_PICTURES, &[], &["pict*"]),
    ];
    let source: Arc<dyn KeySource> = Arc::new(NoKeys);
    TokenVerifier::new(&AuthSettings { jwt, ..AuthSettings::default() }, &source, clock).unwrap()
}

/// A token for a user, signed with this secret.
pub(crate) fn token(issuer: &str, secret: &str, user: &str, expires_at: Timestamp) -> String {
    let claims = json!({"iss": issuer, "aud": AUDIENCE, "sub": user, "exp": expires_at.millis() / 1000});
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

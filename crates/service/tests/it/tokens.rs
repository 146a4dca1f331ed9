//! Tokens of others: which count, for whom, and how their issuers' keys are kept.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_service::keys::{Identity, KeysService, TokenUser};
use fourfold_service::ports::KeySource;
use fourfold_service::testing::{MemoryStore, TestClock};
use fourfold_service::tokens::{AuthSettings, IssuerSettings, TokenVerifier};
use fourfold_service::{BoxError, Clock as _, ServiceError};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.test/auth/v1";
const SECRET: &str = "a secret of thirty-two bytes or more";

/// A key set that a test changes, and how often it was read.
#[derive(Default)]
struct Keys {
    set: Mutex<Option<Value>>,
    reads: AtomicUsize,
}

#[async_trait]
impl KeySource for Keys {
    async fn load(&self, url: &str) -> Result<Bytes, BoxError> {
        assert_eq!(url, "https://issuer.test/keys");
        self.reads.fetch_add(1, Ordering::Relaxed);
        let set = self.set.lock().unwrap().as_ref().map(ToString::to_string);
        set.map(Bytes::from).ok_or_else(|| "it is down".into())
    }
}

impl Keys {
    fn publish(&self, keys: &[&Signer]) {
        let keys: Vec<Value> = keys.iter().map(|signer| signer.public()).collect();
        *self.set.lock().unwrap() = Some(json!({"keys": keys}));
    }

    fn fail(&self) {
        *self.set.lock().unwrap() = None;
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

/// Signs tokens.
struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    fn ec(id: &'static str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        Self { id, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(pair.serialized_der()) }
    }

    fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(jwk).unwrap()
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).unwrap()
    }
}

struct House {
    clock: Arc<TestClock>,
    source: Arc<Keys>,
    keys: KeysService,
}

fn house() -> House {
    let (clock, source) = (Arc::new(TestClock::default()), Arc::new(Keys::default()));
    let issuer = IssuerSettings {
        issuer: ISSUER.to_owned(),
        audience: "us".to_owned(),
        secret: Some(SECRET.to_owned()),
        jwks_url: Some("https://issuer.test/keys".to_owned()),
        realm: Some("theirs".to_owned()),
        scopes: vec!["chat".to_owned()],
        models: vec!["gpt-*".to_owned()],
    };
    let settings = AuthSettings { jwt: vec![issuer], ..AuthSettings::default() };
    let source_of_keys: Arc<dyn KeySource> = source.clone();
    let verifier = TokenVerifier::new(&settings, &source_of_keys, clock.clone()).unwrap();
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let keys = KeysService::new(store, clock.clone()).with_tokens(verifier);
    House { clock, source, keys }
}

impl House {
    /// Of a token that counts for a minute.
    fn claims(&self) -> Value {
        let now = self.clock.now().millis() / 1000;
        json!({"iss": ISSUER, "aud": "us", "sub": "u1", "iat": now, "exp": now + 60})
    }

    fn with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[name] = value;
        claims
    }

    async fn user(&self, token: &str) -> Option<Arc<TokenUser>> {
        match self.keys.identify(token).await.unwrap() {
            None => None,
            Some(Identity::Token(user)) => Some(user),
            Some(Identity::Key(key)) => panic!("a token is the key {}", key.id),
        }
    }
}

fn by_secret(claims: &Value) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

#[tokio::test]
async fn a_token_is_its_user_with_what_its_issuer_allows() {
    let house = house();
    let user = house.user(&by_secret(&house.claims())).await.unwrap();
    assert_eq!((user.realm.as_str(), user.account.as_str()), ("theirs", "u1"));
    assert_eq!(user.scopes.names(), ["chat"]);
    assert!(user.models.allow("gpt-4.1") && !user.models.allow("claude"));
    assert_eq!(house.source.reads(), 0, "the secret needs no keys");
}

#[tokio::test]
async fn a_token_counts_only_where_all_of_it_is_right() {
    let house = house();
    let now = house.clock.now().millis() / 1000;
    for (name, value) in [
        ("iss", json!("https://other.test")),
        ("iss", json!(null)),
        ("aud", json!("them")),
        ("aud", json!(["them"])),
        ("aud", json!(null)),
        ("exp", json!(now)),
        ("exp", json!(null)),
        ("nbf", json!(now + 31)),
        ("sub", json!("../../x")),
        ("sub", json!("")),
        ("sub", json!(null)),
    ] {
        let token = by_secret(&house.with(name, value.clone()));
        assert_eq!(house.user(&token).await, None, "{name} {value}");
    }
    for (name, value) in
        [("aud", json!(["them", "us"])), ("nbf", json!(now)), ("exp", json!(now as f64 + 0.5))]
    {
        let token = by_secret(&house.with(name, value.clone()));
        assert!(house.user(&token).await.is_some(), "{name} {value}");
    }
}

#[tokio::test]
async fn a_token_counts_until_it_expires_however_often_it_is_shown() {
    let house = house();
    let token = by_secret(&house.claims());
    assert!(house.user(&token).await.is_some());
    house.clock.advance(Duration::from_secs(59));
    assert!(house.user(&token).await.is_some());
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.user(&token).await, None);
}

#[tokio::test]
async fn a_token_that_nobody_signed_or_another_key_does_not_count() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let house = house();
    house.source.publish(&[&Signer::ec("one")]);
    let token = by_secret(&house.claims());
    let (signed, _signature) = token.rsplit_once('.').unwrap();
    let payload = signed.split_once('.').unwrap().1;
    let unsigned = |header: Value| format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(header.to_string()));
    let other = EncodingKey::from_secret(b"another secret, as long as the first");
    let tampered = by_secret(&house.with("sub", json!("u2")));
    for wrong in [
        format!("{signed}."),
        unsigned(json!({"alg": "none", "typ": "JWT"})),
        unsigned(json!({"alg": "HS256", "typ": "JWT"})),
        encode(&Header::new(Algorithm::HS256), &house.claims(), &other).unwrap(),
        // Another algorithm by the same secret.
        encode(&Header::new(Algorithm::HS512), &house.claims(), &EncodingKey::from_secret(SECRET.as_bytes()))
            .unwrap(),
        format!("{signed}.{}", tampered.rsplit_once('.').unwrap().1),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "x".repeat(20_000) + "..",
        // A key that the issuer hasn't published, by the name of one that it has.
        Signer::ec("one").sign(&house.claims()),
    ] {
        assert_eq!(house.user(&wrong).await, None, "{wrong:.200}");
    }
}

#[tokio::test]
async fn a_token_that_wants_something_understood_does_not_count() {
    let house = house();
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for crit in [vec!["b64".to_owned()], vec!["https://issuer.test/novel".to_owned()], Vec::new()] {
        let header = Header { crit: Some(crit.clone()), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &house.claims(), &key).unwrap();
        assert_eq!(house.user(&token).await, None, "{crit:?}");
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let house = house();
    let signer = Signer::ec("one");
    house.source.publish(&[&signer]);
    assert!(house.user(&signer.sign(&house.claims())).await.is_some());
    // Whoever takes the public key for the secret of HS256 would let everybody sign.
    for public in ["x", "y", "kid"] {
        let secret = signer.public()[public].as_str().unwrap().to_owned();
        let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &house.claims(), &EncodingKey::from_secret(secret.as_bytes())).unwrap();
        assert_eq!(house.user(&token).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_read_when_a_token_names_a_new_one_at_most_once_a_minute() {
    let house = house();
    let (one, two, three) = (Signer::ec("one"), Signer::ec("two"), Signer::ec("three"));
    house.source.publish(&[&one]);
    assert!(house.user(&one.sign(&house.claims())).await.is_some());
    assert_eq!(house.source.reads(), 1);
    house.source.publish(&[&two]);
    assert_eq!(house.user(&two.sign(&house.claims())).await, None, "it was read just now");
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(house.user(&two.sign(&house.claims())).await.is_some());
    assert_eq!(house.user(&three.sign(&house.claims())).await, None);
    assert_eq!(house.user(&one.sign(&house.with("sub", json!("u2")))).await, None, "it was withdrawn");
    assert_eq!(house.source.reads(), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_stay_while_they_can_not_be_read() {
    let house = house();
    let signer = Signer::ec("one");
    let unread = house.keys.identify(&signer.sign(&house.claims())).await;
    assert!(matches!(unread, Err(ServiceError::Unavailable { .. })), "{unread:?}");
    house.source.publish(&[&signer]);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(house.user(&signer.sign(&house.claims())).await.is_some());
    house.source.fail();
    tokio::time::advance(Duration::from_secs(60 * 60)).await;
    assert!(house.user(&signer.sign(&house.with("sub", json!("u2")))).await.is_some());
    assert_eq!(house.source.reads(), 3, "it was tried");
}

//! Users who show a token of an issuer that the operator trusts.

use std::fs;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::{Home, Issuer, Server, Signer, eventually};

const SECRET: &str = "a secret of thirty-two bytes or more";

/// How long after one reading keys are read again for a token that names another one.
const KEYS_PAUSE: &str = "200ms";

const ROTATED_WITHIN: Duration = Duration::from_secs(30);

/// A server that trusts this issuer, by its keys and by a secret.
async fn server(issuer: &Issuer) -> (Home, Server) {
    let home = Home::new();
    let trusted = json!({
        "issuer": issuer.name(),
        "audience": "fourfold",
        "jwks_url": issuer.keys_url(),
        "secret": SECRET,
        "realm": "theirs",
        "scopes": ["credits"],
    });
    let settings = json!({"auth": {"jwt": [trusted], "keys_pause": KEYS_PAUSE}});
    fs::write(home.path().join("fourfold.yaml"), settings.to_string()).unwrap();
    let server = home.start().await;
    (home, server)
}

#[tokio::test]
async fn a_token_opens_what_its_issuer_may_for_its_user_alone() {
    let (rsa, curve) = (Signer::rs256("rsa"), Signer::es256("curve"));
    let secret = Signer::by_secret(Algorithm::HS256, SECRET);
    let issuer = Issuer::start(&[&rsa, &curve]).await;
    let (_home, server) = server(&issuer).await;
    for signer in [&rsa, &curve, &secret] {
        let user = server.admin.nobody().with_key(&signer.sign(&issuer.claims("u1")));
        assert_eq!(user.read("/api/v1/credits").await["account"], "u1");
        user.user("u2").get("/api/v1/credits").send().await.refuses(403, "wrong_user");
        user.get("/v1/models").send().await.refuses(403, "missing_scope");
        user.get("/api/v1/admin/keys").send().await.refuses(403, "missing_scope");
    }
}

#[tokio::test]
async fn a_token_that_is_not_right_in_all_is_refused() {
    let (rsa, curve) = (Signer::rs256("rsa"), Signer::es256("curve"));
    let issuer = Issuer::start(&[&rsa, &curve]).await;
    let (_home, server) = server(&issuer).await;
    let claims = issuer.claims("u1");
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        rsa.sign(&claims)
    };
    let public = rsa.public()["n"].as_str().unwrap().to_owned();
    let right = rsa.sign(&claims);
    let unsigned = format!("{}.", right.rsplit_once('.').unwrap().0);
    for (what, token) in [
        ("another issuer", with("iss", json!("http://127.0.0.1:1"))),
        ("another audience", with("aud", json!("others"))),
        ("expired", with("exp", json!(1_700_000_000))),
        ("not yet", with("nbf", json!(4_000_000_000_u32))),
        ("no user", with("sub", json!("../../x"))),
        ("another algorithm", Signer::by_secret(Algorithm::HS512, SECRET).sign(&claims)),
        ("a public key for a secret", Signer::by_secret(Algorithm::HS256, &public).sign(&claims)),
        ("another's key by the same name", Signer::rs256("rsa").sign(&claims)),
        ("a key of another algorithm", Signer::es256("rsa").sign(&claims)),
        ("a key that nobody knows", Signer::es256("new").sign(&claims)),
        ("no signature", unsigned),
    ] {
        let answer = server.admin.nobody().with_key(&token).get("/api/v1/credits").send().await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        answer.refuses(401, "invalid_api_key");
    }
    server.admin.nobody().with_key(&right).read("/api/v1/credits").await;
}

#[tokio::test]
async fn a_key_that_its_issuer_has_rotated_in_is_fetched_and_the_one_before_it_counts_no_more() {
    let (old, new) = (Signer::es256("old"), Signer::rs256("new"));
    let issuer = Issuer::start(&[&old]).await;
    let (_home, server) = server(&issuer).await;
    let user = |signer: &Signer, name| server.admin.nobody().with_key(&signer.sign(&issuer.claims(name)));
    user(&old, "u1").read("/api/v1/credits").await;
    issuer.publish(&[&new]);
    let rotated = user(&new, "u1");
    eventually("the new key is fetched", ROTATED_WITHIN, async || {
        (rotated.get("/api/v1/credits").send().await.status == 200).then_some(())
    })
    .await;
    // Of another user, since a token that counted is remembered for a while.
    user(&old, "u2").get("/api/v1/credits").send().await.refuses(401, "invalid_api_key");
}

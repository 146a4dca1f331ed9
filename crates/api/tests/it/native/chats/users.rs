//! Whose conversation it is: named by the key, the header, the body or the query.

use fourfold_service::keys::KeyKind;
use http::Method;
use serde_json::json;

use super::callers::CALLERS;
use super::{PATH, said, will_say};
use crate::support::House;

/// The routes, and whether they take a body.
pub(super) const ROUTES: [(&str, &str); 7] = [
    ("POST", "/api/chat/c1"),
    ("POST", "/api/chat/c1/regenerate"),
    ("PATCH", "/api/chat/c1"),
    ("DELETE", "/api/chat/c1"),
    ("GET", "/api/chat"),
    ("GET", "/api/chat/c1/history"),
    ("GET", "/api/chat/c1/export"),
];

/// A request to a route that names the user in its body or query, if any.
pub(super) fn ask<'a>(
    house: &'a House,
    (method, path): (&str, &str),
    user_id: Option<&str>,
) -> crate::support::Ask<'a> {
    let method: Method = method.parse().unwrap();
    if [Method::GET, Method::DELETE].contains(&method) {
        let query = user_id.map(|user_id| format!("?user_id={user_id}")).unwrap_or_default();
        return house.ask(method, &format!("{path}{query}"));
    }
    let mut body = match (&method, path.split('?').next().unwrap_or_default()) {
        (&Method::PATCH, _) => json!({"title": "Foxes"}),
        (_, PATH) => json!({"message": "Where?"}),
        _ => json!({}),
    };
    if let Some(user_id) = user_id {
        body["user_id"] = user_id.into();
    }
    house.ask(method, path).json(&body)
}

#[tokio::test]
async fn service_and_admin_keys_name_their_user_and_users_are_their_own() {
    for route in ROUTES {
        for caller in CALLERS {
            let house = House::new().await;
            let key = caller.secret_of_nobody(&house, "u1").await;
            let named = |by_header: Option<&'static str>, user_id| {
                let ask = ask(&house, route, user_id).key(&key);
                match by_header {
                    Some(user) => ask.header("fourfold-user", user),
                    None => ask,
                }
            };
            if caller.is_a_user() {
                // Whoever's it is not may not even learn what there is.
                named(None, Some("u2")).check(403, "wrong_user", None).await;
                named(Some("u2"), None).check(403, "wrong_user", None).await;
            } else {
                named(None, None).check(400, "missing_user", Some("user_id")).await;
            }
            named(Some("u1"), Some("u2")).check(403, "wrong_user", Some("user_id")).await;
            for (by_header, user_id) in [(None, Some("u1")), (Some("u1"), None), (Some("u1"), Some("u1"))] {
                said(&house, "Where?", "In dens.").await;
                will_say(&house, "In holes.");
                let answer = named(by_header, user_id).answer().await;
                assert!([200, 204].contains(&answer.status), "{route:?} {caller:?}: {}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn a_conversation_is_one_users_of_its_realm() {
    let house = House::new().await;
    said(&house, "secret of u1", "In dens.").await;
    for caller in CALLERS {
        let key = caller.secret(&house, "u2").await;
        for route in ROUTES {
            let ask = ask(&house, route, None).key(&key);
            if route.1 == "/api/chat" {
                assert_eq!(ask.ok(200).await["data"], json!([]));
                continue;
            }
            let refused = ask.check(403, "wrong_user", Some("conversation_id")).await;
            assert!(!refused.text().contains("secret"), "{route:?}");
        }
    }
    let elsewhere = fourfold_service::keys::NewKey {
        realm: "elsewhere".parse().unwrap(),
        ..crate::support::new_key(KeyKind::Service, Some("u1"))
    };
    let key = house.key_like(elsewhere).await;
    house.get("/api/chat/c1/history").key(&key).check(404, "not_found", None).await;
}

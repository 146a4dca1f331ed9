//! Whatever a caller sends, the answer is the documented error: its status, its code, the field that is wrong.

use fourfold_servers::Postgres;
use serde_json::{Value, json};

use crate::support::{Api, Home, Server, ended, fast, is_clean};

/// The largest body that the server of these tests takes.
const BODY_BYTES_MAX: usize = 4096;

async fn server() -> (Home, Server) {
    let home = Home::new().with("FOURFOLD__SERVER__BODY_LIMIT_BYTES", BODY_BYTES_MAX.to_string());
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    (home, server)
}

#[tokio::test]
async fn wrong_job_is_refused_by_its_field() {
    let (_home, server) = server().await;
    let caller = server.admin.user("u1");
    let input = |input: Value| json!({"model": "mock-image", "input": input});
    let with = |name: &str, value: Value| {
        let mut body = fast("a fox");
        body[name] = value;
        body
    };
    // What is sent, the answer, the field, and words that say what is allowed.
    let table: [(Value, u16, &str, &str, &[&str]); 27] = [
        (json!({"model": "mock-none", "input": {}}), 404, "unknown_model", "model", &["mock-none"]),
        (
            input(json!({"prompt": "x", "size": "1x1"})),
            422,
            "invalid_parameter",
            "input.size",
            &["16", "2048"],
        ),
        (input(json!({"prompt": "x", "size": "big"})), 422, "invalid_parameter", "input.size", &["16"]),
        (input(json!({"prompt": "x", "size": 64})), 400, "malformed", "input.size", &[]),
        (input(json!({"prompt": "x", "n": 5})), 422, "invalid_parameter", "input.n", &["1", "4"]),
        (input(json!({"prompt": "x", "n": "two"})), 400, "malformed", "input.n", &[]),
        (
            input(json!({"prompt": "x", "quality": "best"})),
            422,
            "invalid_parameter",
            "input.quality",
            &["standard", "high"],
        ),
        (input(json!({"prompt": "x", "colour": "red"})), 422, "invalid_parameter", "input.colour", &[]),
        (input(json!({"prompt": "x", "image": "data:,"})), 422, "invalid_parameter", "input.image", &[]),
        (
            input(json!({"prompt": "x", "image": "https://[::ffff:a00:1]/a.png"})),
            422,
            "invalid_parameter",
            "input.image",
            &["public internet"],
        ),
        (input(json!({})), 400, "malformed", "input.prompt", &[]),
        (input(json!({"prompt": ""})), 400, "malformed", "input.prompt", &[]),
        (input(json!({"prompt": 7})), 400, "malformed", "input.prompt", &[]),
        (input(json!("a fox")), 400, "malformed", "input", &[]),
        (json!({"model": "mock-image"}), 400, "malformed", "input", &["required"]),
        (json!({"input": {"prompt": "x"}}), 400, "malformed", "model", &["required"]),
        (json!({"model": "", "input": {}}), 400, "malformed", "model", &["empty"]),
        (json!({"model": 7, "input": {}}), 400, "malformed", "model", &[]),
        (json!({}), 400, "malformed", "model", &[]),
        (with("max_credits", json!("0.03")), 402, "max_credits_exceeded", "max_credits", &["0.04", "0.03"]),
        (with("max_credits", json!("a lot")), 400, "malformed", "max_credits", &[]),
        (with("max_credits", json!(-1)), 400, "malformed", "max_credits", &[]),
        (with("priority", json!("urgent")), 422, "invalid_parameter", "priority", &["high", "normal", "low"]),
        (with("metadata", json!([])), 400, "malformed", "metadata", &[]),
        (with("colour", json!("red")), 422, "invalid_parameter", "colour", &["model", "input"]),
        (
            with("webhook_url", json!("https://0x7f.1/hook")),
            422,
            "invalid_parameter",
            "webhook_url",
            &["public internet"],
        ),
        (with("webhook_url", json!("https://a.example")), 422, "invalid_parameter", "webhook_url", &[]),
    ];
    for (body, status, code, param, allowed) in table {
        let error = caller.submit(&body).await.refuses(status, code);
        assert_eq!(error["param"], param, "{body}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(allowed.iter().all(|word| message.contains(word)), "{body}: {message}");
    }
    let quote =
        caller.post("/api/v1/quotes", &json!({"model": "mock-image", "input": {"prompt": "x", "n": 9}}));
    assert_eq!(quote.send().await.refuses(422, "invalid_parameter")["param"], "input.n");
    // Nothing of all that was taken or paid.
    assert_eq!(caller.read_all("/api/v1/jobs").await, Vec::<Value>::new());
    assert_eq!(caller.read("/api/v1/credits").await["available"], "10");
}

#[tokio::test]
async fn body_that_is_no_json_object_is_malformed() {
    let (_home, server) = server().await;
    let caller = server.admin.user("u1");
    for path in ["/api/v1/jobs", "/api/v1/quotes", "/api/v1/admin/keys", "/api/v1/admin/accounts/u1/grants"] {
        for body in ["", "{", "[]", "null", "7", "\"x\"", "{\"model\": \"mock-image\",}", "{}{}", "\u{0}"] {
            let error = caller.ask("POST", path).text(body).send().await.refuses(400, "malformed");
            assert_eq!(error["param"], "body", "{path} {body}: {error}");
        }
        // Deeper than anybody needs, which must not end the process.
        let deep = "[".repeat(2000) + &"]".repeat(2000);
        caller.ask("POST", path).text(&deep).send().await.refuses(400, "malformed");
        for bytes in [BODY_BYTES_MAX + 1, 10 * BODY_BYTES_MAX, 100 * BODY_BYTES_MAX] {
            let body = json!({"model": "x".repeat(bytes)});
            let error = caller.post(path, &body).send().await.refuses(413, "too_large");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("the body") && message.contains("4096"), "{message}");
        }
    }
    assert_eq!(server.admin.get("/health/ready").send().await.status, 200);
}

#[tokio::test]
async fn caller_must_show_a_key_and_name_a_user() {
    let (_home, server) = server().await;
    let service = server.admin.key(&json!({"kind": "service"})).await;
    let user = server.admin.key(&json!({"kind": "user", "account": "u1"})).await;
    let expired = json!({"kind": "service", "account": "u1", "expires_at": "2020-01-01T00:00:00Z"});
    let expired = server.admin.key(&expired).await;
    let nobody = server.admin.nobody();
    let check = async |api: &Api, status: u16, code: &str| {
        for path in ["/api/v1/credits", "/api/v1/credits/entries", "/api/v1/jobs"] {
            api.get(path).send().await.refuses(status, code);
        }
        api.submit(&fast("a fox")).await.refuses(status, code);
    };

    check(&nobody, 401, "invalid_api_key").await;
    check(&nobody.with_key("ff_nobody_knows_this_key"), 401, "invalid_api_key").await;
    check(&nobody.with_key(""), 401, "invalid_api_key").await;
    check(&nobody.with_key("\u{e9}"), 401, "invalid_api_key").await;
    check(&nobody.with_key(&expired), 401, "invalid_api_key").await;
    nobody.get("/api/v1/models").send().await.refuses(401, "invalid_api_key");
    let answer =
        nobody.get("/api/v1/credits").header("authorization", &format!("Basic {service}")).send().await;
    answer.refuses(401, "invalid_api_key");
    assert_eq!(answer.header("www-authenticate"), "Bearer");

    check(&nobody.with_key(&service), 400, "missing_user").await;
    check(&nobody.with_key(&user).user("u2"), 403, "wrong_user").await;
    for wrong in ["../../x", "..", ".", "a b", "a/b", "", "\u{e9}", &"x".repeat(129)] {
        check(&nobody.with_key(&service).user(wrong), 400, "malformed").await;
    }
    let own = nobody.with_key(&user).user("u1");
    assert_eq!(own.read("/api/v1/credits").await["available"], "10");
    let error =
        own.submit(&json!({"model": "mock-image", "input": {"prompt": "x"}, "priority": "high"})).await;
    assert_eq!(error.refuses(403, "missing_scope")["param"], "priority");
}

#[tokio::test]
async fn operators_routes_take_admin_keys_only() {
    let (_home, server) = server().await;
    let nobody = server.admin.nobody();
    let service = nobody.with_key(&server.admin.key(&json!({"kind": "service", "account": "u1"})).await);
    let user = nobody.with_key(&server.admin.key(&json!({"kind": "user", "account": "u1"})).await);
    let id = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    for (method, path) in [
        ("GET", "/api/v1/admin/accounts".to_owned()),
        ("GET", "/api/v1/admin/accounts/u1".to_owned()),
        ("GET", "/api/v1/admin/accounts/u1/entries".to_owned()),
        ("POST", "/api/v1/admin/accounts/u1/grants".to_owned()),
        ("GET", "/api/v1/admin/keys".to_owned()),
        ("POST", "/api/v1/admin/keys".to_owned()),
        ("DELETE", format!("/api/v1/admin/keys/{id}")),
        ("PATCH", format!("/api/v1/admin/keys/{id}")),
        ("GET", "/api/v1/admin/ledger/verify".to_owned()),
    ] {
        let ask = |api: &Api| api.ask(method, &path).json(&json!({"credits": "1"})).send();
        ask(&nobody).await.refuses(401, "invalid_api_key");
        ask(&service).await.refuses(403, "missing_scope");
        ask(&user).await.refuses(403, "missing_scope");
    }
    assert_eq!(service.read("/api/v1/credits").await["available"], "10");
}

#[tokio::test]
async fn wrong_grant_or_key_is_refused_by_its_field() {
    let (_home, server) = server().await;
    let operator = &server.admin;
    let long = "x".repeat(201);
    for (body, status, code, param) in [
        (json!({}), 400, "malformed", "credits"),
        (json!({"credits": 5}), 400, "malformed", "credits"),
        (json!({"credits": "0"}), 422, "invalid_parameter", "credits"),
        (json!({"credits": "-1"}), 400, "malformed", "credits"),
        (json!({"credits": "1.0000001"}), 400, "malformed", "credits"),
        (json!({"credits": "9999999999999999"}), 400, "malformed", "credits"),
        (json!({"credits": "9223372036850"}), 422, "invalid_parameter", "credits"),
        (json!({"credits": "1", "operation_id": long}), 422, "invalid_parameter", "operation_id"),
        (json!({"credits": "1", "colour": "red"}), 422, "invalid_parameter", "colour"),
    ] {
        let answer = operator.post("/api/v1/admin/accounts/u1/grants", &body).send().await;
        assert_eq!(answer.refuses(status, code)["param"], param, "{body}");
    }
    let grant = json!({"credits": "1", "operation_id": "invoice-7"});
    operator.post("/api/v1/admin/accounts/u1/grants", &grant).send().await.json(201);
    let other = json!({"credits": "2", "operation_id": "invoice-7"});
    let answer = operator.post("/api/v1/admin/accounts/u1/grants", &other).send().await;
    assert_eq!(answer.refuses(422, "operation_mismatch")["param"], "operation_id");
    assert_eq!(operator.read("/api/v1/admin/accounts/u1").await["available"], "11");

    for (body, status, code, param) in [
        (json!({}), 400, "malformed", "kind"),
        (json!({"kind": "king"}), 422, "invalid_parameter", "kind"),
        (json!({"kind": "user"}), 400, "malformed", "account"),
        (json!({"kind": "user", "account": "../../x"}), 400, "malformed", "account"),
        (json!({"kind": "service", "realm": "a b"}), 400, "malformed", "realm"),
        (json!({"kind": "service", "scopes": "all"}), 400, "malformed", "scopes"),
        (json!({"kind": "service", "expires_at": "tomorrow"}), 400, "malformed", "expires_at"),
        (json!({"kind": "service", "colour": "red"}), 422, "invalid_parameter", "colour"),
    ] {
        let answer = operator.post("/api/v1/admin/keys", &body).send().await;
        assert_eq!(answer.refuses(status, code)["param"], param, "{body}");
    }
}

#[tokio::test]
async fn wrong_path_or_query_is_refused_in_the_one_shape() {
    let (_home, server) = server().await;
    let caller = server.admin.user("u1");
    let id = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    for (method, path, status, code) in [
        ("GET", "/", 404, "not_found"),
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/jobs/", 404, "not_found"),
        ("GET", "/v1/models/unknown", 404, "unknown_model"),
        ("GET", "/api/v1/admin/accounts/../../x", 404, "not_found"),
        ("DELETE", "/api/v1/jobs", 405, "method_not_allowed"),
        ("GET", "/api/v1/quotes", 405, "method_not_allowed"),
        ("POST", "/api/v1/credits", 405, "method_not_allowed"),
        ("PUT", "/api/v1/admin/keys", 405, "method_not_allowed"),
        ("POST", "/health/live", 405, "method_not_allowed"),
        ("POST", "/metrics", 405, "method_not_allowed"),
        ("POST", "/openapi.json", 405, "method_not_allowed"),
        ("BREW", "/api/v1/jobs", 405, "method_not_allowed"),
        ("GET", "/api/v1/jobs?limit=0", 400, "malformed"),
        ("GET", "/api/v1/jobs?limit=101", 400, "malformed"),
        ("GET", "/api/v1/jobs?limit=many", 400, "malformed"),
        ("GET", "/api/v1/jobs?limit=1&limit=2", 400, "malformed"),
        ("GET", "/api/v1/jobs?cursor=x", 400, "malformed"),
        ("GET", "/api/v1/jobs?cursor=%ff", 400, "malformed"),
        ("GET", "/api/v1/credits/entries?limit=-1", 400, "malformed"),
        ("GET", "/api/v1/credits/entries?cursor=x", 400, "malformed"),
        ("GET", "/api/v1/admin/keys?cursor=x", 400, "malformed"),
        ("GET", "/api/v1/admin/accounts?realm=a%20b", 400, "malformed"),
        ("GET", "/api/v1/admin/accounts?limit=0", 400, "malformed"),
        ("GET", "/api/v1/jobs/x", 400, "malformed"),
        ("GET", "/api/v1/jobs/0192F0C1-2D3E-7A4B-8C5D-6E7F8A9B0C1D", 400, "malformed"),
        ("GET", "/api/v1/jobs/%ff", 400, "malformed"),
        ("GET", "/api/v1/jobs/..%2f..%2fx", 400, "malformed"),
        ("GET", "/api/v1/jobs/x/events", 400, "malformed"),
        ("POST", "/api/v1/jobs/x/cancel", 400, "malformed"),
        ("GET", "/api/v1/jobs/x/artifacts/0", 400, "malformed"),
        ("GET", &format!("/api/v1/jobs/{id}/artifacts/x"), 400, "malformed"),
        ("GET", &format!("/api/v1/jobs/{id}/artifacts/-1"), 400, "malformed"),
        ("GET", &format!("/api/v1/jobs/{id}/artifacts/0"), 404, "not_found"),
        ("GET", &format!("/api/v1/jobs/{id}"), 404, "not_found"),
        ("GET", "/files/x", 404, "not_found"),
        ("GET", "/files/%ff", 404, "not_found"),
        ("GET", "/files/..%2f..%2fsecret_key", 404, "not_found"),
        ("GET", "/files/../data/secret_key", 404, "not_found"),
        ("GET", "/docs/nothing.js", 404, "not_found"),
        ("GET", "/docs/..%2f..%2fsecret_key", 404, "not_found"),
        ("POST", "/api/v1/admin/accounts/..%2F..%2Fx/grants", 400, "malformed"),
        ("GET", "/api/v1/admin/accounts/..%2F..%2Fx", 400, "malformed"),
        ("GET", "/api/v1/admin/accounts/%ff", 400, "malformed"),
        ("GET", "/api/v1/admin/accounts/..", 400, "malformed"),
        ("GET", "/api/v1/admin/accounts/unknown", 404, "not_found"),
        ("DELETE", "/api/v1/admin/keys/x", 400, "malformed"),
        ("DELETE", &format!("/api/v1/admin/keys/{id}"), 404, "not_found"),
    ] {
        let answer = caller.ask(method, path).send().await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert_eq!(answer.error()["code"], code, "{method} {path}");
        if status == 405 {
            assert_ne!(answer.header("allow"), "", "{method} {path} says what is allowed");
        }
    }
}

#[tokio::test]
async fn wrong_header_is_refused() {
    let (_home, server) = server().await;
    let caller = server.admin.user("u1");
    let long = "x".repeat(256);
    for (name, value, param) in [
        ("idempotency-key", "", "Idempotency-Key"),
        ("idempotency-key", &long, "Idempotency-Key"),
        ("idempotency-key", "\u{e9}", "Idempotency-Key"),
        ("prefer", "wait=x", "Prefer"),
    ] {
        let ask = caller.post("/api/v1/jobs", &fast("a fox")).header(name, value);
        assert_eq!(ask.send().await.refuses(400, "malformed")["param"], param, "{value}");
    }
    let job = caller.submitted(&fast("a fox")).await;
    let path = format!("/api/v1/jobs/{}/events", job["id"].as_str().unwrap());
    let answer = caller.get(&path).header("last-event-id", "x").send().await;
    assert_eq!(answer.refuses(400, "malformed")["param"], "Last-Event-ID");
}

#[tokio::test]
async fn request_ids_are_taken_over_where_they_are_fit_for_logs() {
    let (_home, server) = server().await;
    let answer = server.admin.get("/health/live").header("x-request-id", "order-7.a_B").send().await;
    assert_eq!(answer.header("x-request-id"), "order-7.a_B");
    for wrong in ["a b", "a\"b", "", &"x".repeat(65)] {
        let answer = server.admin.get("/health/live").header("x-request-id", wrong).send().await;
        assert_eq!(answer.header("x-request-id").len(), 36, "{wrong}");
    }
}

#[tokio::test]
async fn no_room_for_results_refuses_work() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    server.stop().await;

    let home = home.with("FOURFOLD__ARTIFACTS__FREE_BYTES_MIN", i64::MAX.to_string());
    let server = home.start().await;
    let caller = server.admin.user("u1");
    let answer = caller.submit(&fast("a fox")).await;
    answer.refuses(503, "storage_full");
    assert_eq!(answer.header("x-should-retry"), "true");
    assert_ne!(answer.header("retry-after"), "");
    assert_eq!(caller.read("/api/v1/credits").await["available"], "10", "nothing is held for it");
    let ready = server.admin.get("/health/ready").send().await.json(503);
    assert_eq!(ready["missing"], json!(["room in the storage"]));
    assert_eq!(server.admin.get("/health/live").send().await.status, 200);
    let ran = server.stop().await;
    assert!(!ran.stderr.join("\n").contains("panicked"), "{ran:#?}");
}

#[tokio::test]
async fn nul_characters_do_no_harm() {
    take_nul_characters(&Home::new()).await;
}

#[tokio::test]
async fn nul_characters_do_no_harm_in_postgres() {
    let postgres = Postgres::start(Postgres::FAST).unwrap();
    let home = Home::new()
        .with("DATABASE_URL", postgres.create_database().unwrap())
        .with("FOURFOLD__SECURITY__SECRET_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    take_nul_characters(&home).await;
}

/// Postgres has no room for NUL in its texts: what is free text is kept with it, what is a name is refused.
async fn take_nul_characters(home: &Home) {
    let server = home.start().await;
    let admin = &server.admin;
    admin.grant("u1", "10").await;
    let caller = admin.user("u1");
    let mut body = fast("a \u{0}fox");
    body["metadata"] = json!({"\u{0}": ["\u{0}", {"deep": "\u{0}"}]});
    let job = ended(&caller, &caller.submitted(&body).await).await;
    assert_eq!(
        (&job["state"], &job["input"], &job["metadata"]),
        (&json!("succeeded"), &body["input"], &body["metadata"])
    );
    let talk = |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "a \u{0}fox"}]});
    for _same in 0..2 {
        let chat = caller.post("/v1/chat/completions", &talk("mock-chat")).header("idempotency-key", "chat");
        assert_eq!(chat.send().await.status, 200);
    }
    caller.post("/api/v1/webhooks/secrets", &json!({})).send().await.json(201);
    let webhook =
        json!({"webhook_url": "https://a.example/\u{0}", "model": "mock-image", "input": body["input"]});
    for (path, body) in [
        ("/api/v1/jobs", json!({"model": "mock\u{0}", "input": {"prompt": "x"}})),
        ("/api/v1/jobs", json!({"\u{0}": 1, "model": "mock-image", "input": {"prompt": "x"}})),
        ("/api/v1/jobs", json!({"model": "mock-image", "input": {"prompt": "x", "size": "\u{0}"}})),
        ("/api/v1/jobs", webhook),
        ("/v1/chat/completions", talk("mock\u{0}")),
        ("/api/v1/admin/keys", json!({"kind": "service", "name": "\u{0}"})),
        ("/api/v1/admin/keys", json!({"kind": "user", "account": "\u{0}"})),
        ("/api/v1/admin/accounts/u1/grants", json!({"credits": "1", "note": "\u{0}"})),
        ("/api/v1/admin/accounts/u1/adjustments", json!({"credits": "1", "note": "\u{0}"})),
        ("/api/v1/admin/accounts/%00/grants", json!({"credits": "1"})),
    ] {
        let answer = caller.post(path, &body).send().await;
        assert!([400, 404, 422].contains(&answer.status), "{path} {body}: {}", answer.text());
    }
    is_clean(home).await;
}

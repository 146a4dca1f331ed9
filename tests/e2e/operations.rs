//! What those who run it look at: health, metrics, the description of the API and its page.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Home, PRICE, ended, fast, picture};

#[tokio::test]
async fn every_route_is_documented() {
    let home = Home::new();
    let server = home.start().await;
    let document = server.admin.nobody().read("/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3."), "{document}");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());

    let mut found = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = format!("{} {path}", method.to_uppercase());
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{name} has no good answer");
            let is_open = operation["security"] == json!([{}]);
            assert!(is_open || responses.contains_key("401"), "{name} doesn't say that it takes a key");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{name} has no words"
            );
            for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(parameters.iter().any(|parameter| parameter["name"] == part), "{name}: {part}");
            }
            found.insert(name);
        }
    }
    let expected = [
        "GET /api/chat",
        "POST /api/chat/{conversation_id}",
        "PATCH /api/chat/{conversation_id}",
        "DELETE /api/chat/{conversation_id}",
        "POST /api/chat/{conversation_id}/regenerate",
        "GET /api/chat/{conversation_id}/history",
        "GET /api/chat/{conversation_id}/export",
        "DELETE /api/v1/admin/keys/{id}",
        "PATCH /api/v1/admin/keys/{id}",
        "POST /api/v1/admin/keys/{id}/rotate",
        "GET /api/v1/admin/accounts",
        "GET /api/v1/admin/accounts/{account}",
        "GET /api/v1/admin/accounts/{account}/entries",
        "GET /api/v1/admin/keys",
        "GET /api/v1/admin/ledger/verify",
        "GET /api/v1/admin/forward",
        "GET /api/v1/admin/providers",
        "GET /api/v1/admin/usage",
        "POST /api/v1/admin/config/reload",
        "GET /api/v1/admin/jobs",
        "POST /api/v1/admin/jobs/{id}/cancel",
        "POST /api/v1/admin/jobs/{id}/retry",
        "GET /api/v1/credits",
        "GET /api/v1/credits/entries",
        "GET /api/v1/usage",
        "POST /api/v1/files",
        "GET /api/v1/files",
        "GET /api/v1/files/{id}",
        "DELETE /api/v1/files/{id}",
        "GET /api/v1/jobs",
        "GET /api/v1/jobs/{id}",
        "GET /api/v1/jobs/{id}/artifacts/{index}",
        "GET /api/v1/jobs/{id}/events",
        "GET /api/v1/models",
        "POST /forward/{target}/{path}",
        "GET /files/{token}",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
        "POST /api/v1/admin/accounts/{account}/adjustments",
        "POST /api/v1/admin/accounts/{account}/grants",
        "POST /api/v1/admin/ledger/reconcile",
        "POST /api/v1/admin/keys",
        "POST /api/v1/jobs",
        "POST /api/v1/jobs/{id}/cancel",
        "POST /api/v1/quotes",
        "DELETE /api/v1/webhooks/secrets/{id}",
        "GET /api/v1/webhooks/deliveries",
        "GET /api/v1/webhooks/secrets",
        "POST /api/v1/webhooks/deliveries/{id}/redeliver",
        "POST /api/v1/webhooks/secrets",
        "POST /v1/audio/speech",
        "POST /v1/audio/transcriptions",
        "POST /v1/chat/completions",
        "POST /v1/messages",
        "POST /v1/messages/count_tokens",
        "POST /v1/responses",
        "GET /v1/videos",
        "POST /v1/videos",
        "GET /v1/videos/{id}",
        "DELETE /v1/videos/{id}",
        "GET /v1/videos/{id}/content",
        "POST /v1/embeddings",
        "POST /v1/images/edits",
        "POST /v1/images/generations",
        "GET /v1/models",
        "GET /v1/models/{id}",
    ];
    assert_eq!(found, expected.into_iter().map(str::to_owned).collect());
    references_lead_somewhere(&document, &document);
    // What the command prints is what the server says.
    let printed: Value = serde_json::from_str(&home.command(&["docs", "openapi"]).await.output()).unwrap();
    assert_eq!(printed, document);
}

fn references_lead_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').expect("references stay inside");
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            }
            fields.values().for_each(|part| references_lead_somewhere(document, part));
        }
        Value::Array(parts) => parts.iter().for_each(|part| references_lead_somewhere(document, part)),
        _ => {}
    }
}

#[tokio::test]
async fn the_page_of_the_api_needs_no_internet() {
    let home = Home::new();
    let server = home.start().await;
    let browser = server.admin.nobody();
    let mut page = browser.get("/docs").send().await;
    while (300..400).contains(&page.status) {
        let location = page.header("location").to_owned();
        assert!(location.starts_with('/'), "{location}");
        page = browser.get(&location).send().await;
    }
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"), "{:?}", page.headers);
    let html = page.text();
    let assets: Vec<_> = ["src=\"", "href=\""]
        .into_iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(
        assets.iter().any(|asset| asset.ends_with(".js"))
            && assets.iter().any(|asset| asset.ends_with(".css"))
    );
    for asset in assets {
        assert!(!asset.contains("//"), "{asset} is elsewhere");
        let file = browser.get(&format!("/docs/{}", asset.trim_start_matches("./"))).send().await;
        assert_eq!(file.status, 200, "{asset}");
        if asset.contains("initializer") {
            let script = file.text();
            assert!(script.contains("\"/openapi.json\"") && !script.contains("http"), "{script}");
        }
    }
}

#[tokio::test]
async fn metrics_count_requests_and_jobs() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    for body in [fast("a"), fast("b"), picture("mock-image-fail", "c")] {
        ended(&caller, &caller.submitted(&body).await).await;
    }
    caller.get("/api/v1/nothing/at/all").send().await.refuses(404, "not_found");
    let answer = server.admin.nobody().get("/metrics").send().await;
    assert!(answer.header("content-type").starts_with("text/plain"), "{:?}", answer.headers);
    let metrics = answer.text();
    let count = |name: &str, labels: &[&str]| {
        let line = metrics.lines().find(|line| {
            line.starts_with(&format!("{name}{{")) && labels.iter().all(|label| line.contains(label))
        });
        let line = line.unwrap_or_else(|| panic!("no {name} {labels:?} in\n{metrics}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let check = |name: &str, labels: &[&str], expected: f64| {
        let found = count(name, labels);
        assert!((found - expected).abs() < 0.1, "{name} {labels:?} is {found}");
    };
    check("fourfold_jobs_submitted_total", &["model=\"mock-image\""], 2.0);
    check("fourfold_jobs_ended_total", &["model=\"mock-image\"", "state=\"succeeded\""], 2.0);
    check("fourfold_jobs_ended_total", &["model=\"mock-image-fail\"", "state=\"failed\""], 1.0);
    let created = ["route=\"/api/v1/jobs\"", "method=\"POST\"", "status=\"202\""];
    check("fourfold_http_requests_total", &created, 3.0);
    check("fourfold_http_request_seconds_count", &created, 3.0);
    check("fourfold_http_requests_total", &["route=\"unmatched\"", "status=\"404\""], 1.0);
    // What should never happen is seen before it does.
    check("fourfold_attempts_uncertain_total", &["model=\"mock-image\""], 0.0);
    check("fourfold_credits_lost_micros_total", &["model=\"mock-image\""], 0.0);
    check("fourfold_credits_lost_micros_total", &["model=\"mock-chat\""], 0.0);
    assert!(metrics.contains("fourfold_calls_charged_unsent_total 0"), "{metrics}");
    assert!(metrics.contains("fourfold_results_not_removed_total 0"), "{metrics}");
    // Labels never hold a caller's text.
    assert!(!metrics.contains("nothing") && !metrics.contains("u1"), "{metrics}");
}

#[tokio::test]
async fn health_needs_no_key() {
    let home = Home::new();
    let server = home.start().await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(server.admin.nobody().read(path).await, json!({"status": "ok", "missing": []}));
    }
}

#[tokio::test]
async fn models_say_what_may_be_asked_and_what_it_costs() {
    let home = Home::new();
    let server = home.start().await;
    let models = server.admin.user("u1").read("/api/v1/models").await;
    let names: Vec<_> = models["data"].as_array().unwrap().iter().map(|model| model["id"].clone()).collect();
    let kinds = ["chat", "embedding", "image", "speech", "transcription", "video"];
    let manners = |kind| ["", "-fail", "-slow"].map(|manner| format!("mock-{kind}{manner}"));
    assert_eq!(names, kinds.map(manners).concat());
    let model = models["data"].as_array().unwrap().iter().find(|model| model["id"] == "mock-image").unwrap();
    assert_eq!((&model["object"], &model["modality"]), (&json!("model"), &json!("image")));
    assert_eq!(model["price"]["rates"][0]["credits"], PRICE, "{model}");
    assert_eq!(model["parameters"]["type"], "object", "{model}");
    assert!(model["parameters"]["properties"]["size"].is_object(), "{model}");
}

#[tokio::test]
async fn accounts_and_entries_are_shown_to_the_operator() {
    let home = Home::new();
    let server = home.start().await;
    for (account, credits) in [("u1", "1"), ("u2", "2"), ("u3", "3")] {
        server.admin.grant(account, credits).await;
    }
    let mut names = Vec::new();
    let mut path = "/api/v1/admin/accounts?limit=2".to_owned();
    loop {
        let page = server.admin.read(&path).await;
        names.extend(page["data"].as_array().unwrap().iter().map(|account| account["account"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/admin/accounts?limit=2&cursor={next}");
    }
    assert_eq!(names, ["u3", "u2", "u1"], "the newest first, each once");
    let elsewhere = server.admin.read("/api/v1/admin/accounts?realm=elsewhere").await;
    assert_eq!(elsewhere, json!({"data": [], "next_cursor": null}));
    let entries = server.admin.read("/api/v1/admin/accounts/u2/entries").await;
    assert_eq!(entries["data"][0]["amount"], "2", "{entries}");
}

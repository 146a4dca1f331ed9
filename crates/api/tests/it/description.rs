//! The description of the API, and the page that shows it.

use std::collections::BTreeSet;

use crate::support::House;
use crate::support::rules::{DOCUMENT, operations};

#[tokio::test]
async fn the_server_shows_the_description_that_the_crate_gives() {
    let house = House::new().await;
    assert_eq!(house.get("/openapi.json").ok(200).await, *DOCUMENT);
}

#[test]
fn every_route_is_described() {
    let operations = operations().into_iter();
    let found: Vec<_> =
        operations.map(|operation| format!("{} {}", operation.method, operation.path)).collect();
    let expected = [
        "GET /api/chat",
        "POST /api/chat/{conversation_id}",
        "PATCH /api/chat/{conversation_id}",
        "DELETE /api/chat/{conversation_id}",
        "POST /api/chat/{conversation_id}/regenerate",
        "GET /api/chat/{conversation_id}/history",
        "GET /api/chat/{conversation_id}/export",
        "GET /api/v1/admin/accounts",
        "GET /api/v1/admin/accounts/{account}",
        "POST /api/v1/admin/accounts/{account}/adjustments",
        "GET /api/v1/admin/accounts/{account}/entries",
        "POST /api/v1/admin/accounts/{account}/grants",
        "GET /api/v1/admin/keys",
        "POST /api/v1/admin/keys",
        "DELETE /api/v1/admin/keys/{id}",
        "PATCH /api/v1/admin/keys/{id}",
        "POST /api/v1/admin/keys/{id}/rotate",
        "GET /api/v1/admin/ledger/verify",
        "POST /api/v1/admin/ledger/reconcile",
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
        "GET /api/v1/files",
        "POST /api/v1/files",
        "GET /api/v1/files/{id}",
        "DELETE /api/v1/files/{id}",
        "GET /api/v1/jobs",
        "POST /api/v1/jobs",
        "GET /api/v1/jobs/{id}",
        "GET /api/v1/jobs/{id}/artifacts/{index}",
        "POST /api/v1/jobs/{id}/cancel",
        "GET /api/v1/jobs/{id}/events",
        "GET /api/v1/models",
        "POST /api/v1/quotes",
        "DELETE /api/v1/webhooks/secrets/{id}",
        "GET /api/v1/webhooks/deliveries",
        "GET /api/v1/webhooks/secrets",
        "POST /api/v1/webhooks/deliveries/{id}/redeliver",
        "POST /api/v1/webhooks/secrets",
        "POST /forward/{target}/{path}",
        "GET /files/{token}",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
        "GET /v1/models",
        "GET /v1/models/{id}",
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
    ];
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, BTreeSet::from(expected));
}

#[test]
fn each_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let operations = operations();
    let names: BTreeSet<_> =
        operations.iter().map(|operation| operation.document["operationId"].as_str()).collect();
    assert_eq!(names.len(), operations.len(), "{names:?}");
    for operation in operations {
        let asked = format!("{} {}", operation.method, operation.path);
        assert!(operation.document["summary"].is_string(), "{asked}");
        for (status, response) in operation.document["responses"].as_object().unwrap() {
            assert_ne!(response["description"], "", "{asked} {status}");
        }
    }
}

#[test]
fn each_operation_describes_the_errors_of_its_kind() {
    for operation in operations() {
        let mut expected = Vec::new();
        if operation.takes_a_key() {
            expected.extend(["400", "401", "403", "500"]);
        }
        if operation.takes_a_body() {
            expected.extend(["408", "413", "422"]);
        }
        let responses = operation.document["responses"].as_object().unwrap();
        let missing: Vec<_> =
            expected.into_iter().filter(|status| !responses.contains_key(*status)).collect();
        assert!(missing.is_empty(), "{} {}: {missing:?}", operation.method, operation.path);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a serde_json::Value, found: &mut BTreeSet<&'a str>) {
        match value {
            serde_json::Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(serde_json::Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            serde_json::Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&DOCUMENT, &mut found);
    assert!(found.contains("#/components/schemas/ErrorBody"));
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(DOCUMENT.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn the_page_works_without_the_internet() {
    let house = House::new().await;
    let redirect = house.get("/docs").answer().await;
    assert_eq!((redirect.status, redirect.header("location")), (303, Some("/docs/")));
    let page = house.get("/docs/").answer().await;
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(!page.contains("://") && !page.contains("\"//"), "{page}");
    let files = page.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css"));
    let files: BTreeSet<_> = files.collect();
    assert!(files.len() >= 3, "{page}");
    for file in files {
        let answer = house.get(&format!("/docs/{}", file.trim_start_matches("./"))).answer().await;
        assert_eq!(answer.status, 200, "{file}");
    }
    let start = house.get("/docs/swagger-initializer.js").answer().await.text();
    assert!(start.contains("/openapi.json") && !start.contains("://"), "{start}");
    // Left out, the page would ask a validator on the internet.
    assert!(start.contains(r#""validatorUrl": "none""#), "{start}");
}

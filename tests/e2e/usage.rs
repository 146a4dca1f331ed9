//! What was used, as the log of a running server tells it.

use std::time::Duration;

use fourfold_servers::Postgres;
use serde_json::{Value, json};

use crate::support::{Api, Home, ended, eventually, fast};

const WITHIN: Duration = Duration::from_secs(30);

fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Where do foxes live?"}]})
}

/// Makes a picture and a chat, and a chat that fails.
async fn use_some(admin: &Api) {
    let caller = admin.user("u1");
    admin.grant("u1", "10").await;
    ended(&caller, &caller.submitted(&fast("a fox")).await).await;
    caller.post("/v1/chat/completions", &chat("mock-chat")).send().await.json(200);
    let failed = caller.post("/v1/chat/completions", &chat("mock-chat-fail")).send().await;
    assert!(failed.status >= 500, "{}", failed.status);
}

/// The sums by model, as model, outcomes and what was charged.
async fn by_model(caller: &Api) -> Vec<(String, Value, String)> {
    let sums = caller.read("/api/v1/usage?group_by=model").await;
    let told = |sum: &Value| {
        let text = |name: &str| sum[name].as_str().unwrap().to_owned();
        (text("model"), sum["outcomes"].clone(), text("credits"))
    };
    sums["data"].as_array().unwrap().iter().map(told).collect()
}

/// Fails unless the log tells what [`use_some`] made, and that for what the ledger says.
async fn check(admin: &Api) {
    let caller = admin.user("u1");
    let sums = by_model(&caller).await;
    let outcomes: Vec<_> =
        sums.iter().map(|(model, outcomes, _)| (model.as_str(), outcomes.clone())).collect();
    let (well, failed) = (json!({"succeeded": 1}), json!({"failed": 1}));
    let expected = [("mock-chat", well.clone()), ("mock-chat-fail", failed), ("mock-image", well)];
    assert_eq!(outcomes, expected, "{sums:?}");
    let all = admin.read("/api/v1/admin/usage?group_by=account").await;
    let spent: f64 = all["data"][0]["credits"].as_str().unwrap().parse().unwrap();
    let left = caller.read("/api/v1/credits").await["available"].as_str().unwrap().parse::<f64>().unwrap();
    assert!((spent + left - 10.0).abs() < 1e-9, "{all}");
    assert_eq!(all["data"][0]["account"], "u1");
}

#[tokio::test]
async fn what_was_used_is_told_and_what_is_under_way_at_a_stop_is_kept() {
    let home = Home::new().with("FOURFOLD__USAGE__GATHER", "60s");
    let server = home.start().await;
    use_some(&server.admin).await;
    // Nothing of it was written yet, and the stop doesn't lose it.
    assert_eq!(by_model(&server.admin.user("u1")).await, []);
    server.stop().await;
    assert!(home.data_dir().join("usage.db").is_file());
    let server = home.start().await;
    check(&server.admin).await;
    server.stop().await;
}

#[tokio::test]
async fn what_is_old_is_forgotten() {
    let home = Home::new().with("FOURFOLD__USAGE__GATHER", "10ms");
    let server = home.start().await;
    use_some(&server.admin).await;
    let caller = server.admin.user("u1");
    let told = async || (by_model(&caller).await.len() == 3).then_some(());
    eventually("the log tells all", WITHIN, told).await;
    server.stop().await;
    let server = home.with("FOURFOLD__USAGE__RETENTION", "1ms").start().await;
    let caller = server.admin.user("u1");
    let gone = async || by_model(&caller).await.is_empty().then_some(());
    eventually("the log has forgotten all", WITHIN, gone).await;
    server.stop().await;
}

#[tokio::test]
async fn on_postgres_the_log_is_kept_there() {
    let postgres = Postgres::start(Postgres::FAST).unwrap();
    let home = Home::new()
        .with("DATABASE_URL", postgres.create_database().unwrap())
        .with("FOURFOLD__SECURITY__SECRET_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
        .with("FOURFOLD__USAGE__GATHER", "60s");
    let server = home.start().await;
    use_some(&server.admin).await;
    server.stop().await;
    assert!(!home.data_dir().join("usage.db").exists());
    let server = home.start().await;
    check(&server.admin).await;
    server.stop().await;
}

#[tokio::test]
async fn a_log_that_cannot_be_set_so_is_named() {
    let said = Home::new().with("FOURFOLD__USAGE__GATHER", "0").refusal().await;
    assert!(said.contains("usage.gather") && said.contains("more than nothing"), "{said}");
}

//! Who may use which target.

use serde_json::{Value, json};

use super::{chat, openai, ready, server};
use crate::support::{Api, Home, Server};

const CHAT: &str = "/forward/openai/v1/chat/completions";

async fn key(server: &Server, body: Value) -> Api {
    let made = server.admin.post("/api/v1/admin/keys", &body).send().await.json(201);
    server.admin.nobody().with_key(made["key"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_without_a_price_is_for_services_and_admins() {
    let (simulator, _home, server) = ready().await;
    let service = key(&server, json!({"kind": "service"})).await;
    service.post(CHAT, &chat()).send().await.json(200);
    let user = key(&server, json!({"kind": "user", "account": "u1"})).await;
    let before = simulator.counts().requests;
    let refused = user.post(CHAT, &chat()).send().await;
    let error = refused.refuses(403, "target_not_allowed");
    assert!(error["message"].as_str().unwrap().contains("admin or service"), "{error}");
    server.admin.nobody().post(CHAT, &chat()).send().await.refuses(401, "invalid_api_key");
    assert_eq!(simulator.counts().requests, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_limited_by_its_scopes_its_models_and_by_name() {
    let simulator = fourfold_simulator::Simulator::start(fourfold_simulator::SimulatorSettings::default());
    let home = Home::new();
    let targets = format!(
        "    openai: {{base_url: \"{0}\", auth: {{key: k}}, access: [service]}}\n    named: {{base_url: \"{0}\", auth: {{key: k}}, access: [service, user], keys: [proxy]}}\n",
        openai(&simulator)
    );
    let server = server(&home, &targets).await;
    server.admin.post(CHAT, &chat()).send().await.refuses(403, "target_not_allowed");
    let scoped = |scope: &str| key(&server, json!({"kind": "service", "scopes": [scope]}));
    scoped("forward").await.post(CHAT, &chat()).send().await.json(200);
    scoped("chat").await.post(CHAT, &chat()).send().await.refuses(403, "missing_scope");
    let limited = |models: &str| key(&server, json!({"kind": "service", "models": [models]}));
    limited("forward/openai").await.post(CHAT, &chat()).send().await.json(200);
    limited("gpt-*").await.post(CHAT, &chat()).send().await.refuses(403, "model_not_allowed");
    let named = "/forward/named/v1/chat/completions";
    let (proxy, other) =
        (json!({"kind": "service", "name": "proxy"}), json!({"kind": "service", "name": "other"}));
    key(&server, proxy).await.post(named, &chat()).send().await.json(200);
    key(&server, other).await.post(named, &chat()).send().await.refuses(403, "target_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_may_use_what_is_written_for_users_as_himself_only() {
    let simulator = fourfold_simulator::Simulator::start(fourfold_simulator::SimulatorSettings::default());
    let home = Home::new();
    let targets =
        format!("    openai: {{base_url: \"{}\", auth: {{key: k}}, access: [user]}}\n", openai(&simulator));
    let server = server(&home, &targets).await;
    let user = key(&server, json!({"kind": "user", "account": "u1"})).await;
    user.post(CHAT, &chat()).send().await.json(200);
    user.user("u2").post(CHAT, &chat()).send().await.refuses(403, "wrong_user");
}

#[tokio::test(flavor = "multi_thread")]
async fn config_check_says_what_allow_all_means() {
    let home = Home::new();
    super::write(
        &home,
        "    t: {base_url: \"https://a.test\", allow: all}\n    u: {base_url: \"https://a.test\"}\n",
    );
    let said = home.command(&["config", "check"]).await.output();
    assert!(said.contains("warning: forward.targets.t.allow: all"), "{said}");
    assert!(!said.contains("warning: forward.targets.u"), "{said}");
}

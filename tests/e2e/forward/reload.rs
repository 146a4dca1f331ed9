//! Targets change while the server runs.

use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::json;

use super::{chat, openai, server, write};
use crate::support::Home;

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_adds_changes_and_drops_targets_and_a_mistake_changes_nothing() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let home = Home::new().with("TARGET_KEY", "sk-1");
    let url = openai(&simulator);
    let server =
        server(&home, &format!("    a: {{base_url: \"{url}\", auth: {{key: \"${{TARGET_KEY}}\"}}}}\n")).await;
    let status = async |target: &str| {
        let path = format!("/forward/{target}/v1/chat/completions");
        server.admin.post(&path, &chat()).send().await.status
    };
    let reload = async || server.admin.post("/api/v1/admin/config/reload", &json!({})).send().await;
    assert_eq!((status("a").await, status("b").await), (200, 404));

    write(
        &home,
        &format!(
            "    b: {{base_url: \"{url}\", auth: {{key: k}}}}\n    a: {{base_url: \"{url}\", allow: []}}\n"
        ),
    );
    reload().await.json(200);
    assert_eq!((status("a").await, status("b").await), (403, 200));

    write(&home, "    b: {base_url: nowhere}\n");
    let error = reload().await.refuses(422, "invalid_configuration");
    assert!(error["message"].as_str().unwrap().starts_with("forward.targets.b.base_url"), "{error}");
    assert_eq!((status("a").await, status("b").await), (403, 200));

    write(&home, "    c: {base_url: \"http://127.0.0.1:1\"}\n");
    reload().await.json(200);
    assert_eq!((status("a").await, status("b").await), (404, 404));
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_the_environment_make_targets_too() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let home = Home::new()
        .with("FOURFOLD__FORWARD__TARGETS__SIM__BASE_URL", openai(&simulator))
        .with("FOURFOLD__FORWARD__TARGETS__SIM__ALLOW", "POST /v1/chat/completions, GET /v1/models")
        .with("FOURFOLD__FORWARD__TARGETS__SIM__AUTH__KEY", "00123")
        .with("FOURFOLD__FORWARD__TARGETS__SIM__ACCESS", "service,admin")
        .with("FOURFOLD__FORWARD__TARGETS__SIM__TIMEOUTS__TIMEOUT", "20");
    let server = home.start().await;
    server.admin.post("/forward/sim/v1/chat/completions", &chat()).send().await.json(200);
    server.admin.get("/forward/sim/v1/models/gpt-4.1").send().await.refuses(403, "not_allowed");
}

//! Answers that are given again: by the binary, over the simulator, until the catalog changes or the server ends.

use std::fs;

use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::{Value, json};

use crate::support::{Api, Home, is_clean};

const PATH: &str = "/v1/chat/completions";

/// A catalog with a model that keeps its answers, at this price a million tokens in.
fn write(home: &Home, price: &str) {
    let yaml = format!(
        "models:
  kept:
    modality: chat
    route: [{{ provider: openai, model: gpt-4o }}]
    price: {{ version: v{price}, rates: [{{ unit: input_token, credits: \"{price}\" }}, {{ unit: output_token, credits: \"4\" }}] }}
    cache: {{ ttl: 10m, charge_percent: 50 }}
"
    );
    fs::write(home.path().join("fourfold.yaml"), yaml).unwrap();
}

fn chat(is_stream: bool) -> Value {
    json!({"model": "kept", "stream": is_stream, "messages": [{"role": "user", "content": "Where do foxes live?"}]})
}

/// Asks, and checks whether the answer was kept.
async fn ask(caller: &Api, is_stream: bool, from_cache: &str) -> String {
    let answer = caller.post(PATH, &chat(is_stream)).send().await;
    assert_eq!((answer.header("fourfold-cache"), answer.header("fourfold-provider")), (from_cache, "openai"));
    answer.text()
}

#[tokio::test]
async fn an_answer_is_given_again_until_its_model_changes() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let home = Home::new()
        .with("OPENAI_API_KEY", "key-of-the-operator")
        .with("OPENAI_BASE_URL", simulator.base_url(Vendor::OpenAi));
    write(&home, "1");
    let server = home.start().await;
    let (one, two) = (server.admin.user("u1"), server.admin.user("u2"));
    for user in ["u1", "u2"] {
        server.admin.grant(user, "10").await;
    }
    for is_stream in [false, true] {
        let first = ask(&one, is_stream, "miss").await;
        for _ in 0..2 {
            assert_eq!(ask(&one, is_stream, "hit").await, first);
        }
        assert_eq!(first.ends_with("data: [DONE]\n\n"), is_stream);
        ask(&two, is_stream, "miss").await;
    }
    assert_eq!(simulator.paid_tasks().len(), 4);
    let metrics = server.admin.get("/metrics").send().await.text();
    for (answered, count) in [("hit", 4), ("miss", 4)] {
        let line = format!("fourfold_call_cache_total{{model=\"kept\",answered=\"{answered}\"}} {count}\n");
        assert!(metrics.contains(&line), "{metrics}");
    }
    write(&home, "2");
    server.admin.post("/api/v1/admin/config/reload", &json!({})).send().await.json(200);
    ask(&one, false, "miss").await;
    ask(&one, false, "hit").await;

    server.stop().await;
    let server = home.start().await;
    ask(&server.admin.user("u1"), false, "miss").await;
    assert_eq!(simulator.paid_tasks().len(), 6);
    is_clean(&home).await;
}

//! Chats over OpenAI's wire: by its own client, left on the way, cut by the vendor, and killed with the server.

use std::time::Duration;

use fourfold_clients::openai::{ChatRequest, Message, OpenAiApi as _, OpenAiClient};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt as _;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{ADMIN_KEY, Api, Home, eventually, is_clean};

const PATH: &str = "/v1/chat/completions";
const WITHIN: Duration = Duration::from_secs(30);

fn chat(model: &str, is_stream: bool) -> Value {
    json!({"model": model, "stream": is_stream, "messages": [{"role": "user", "content": "Where do foxes live?"}]})
}

/// The kinds of the account's entries, the newest first.
async fn kinds(caller: &Api) -> Vec<String> {
    let entries = caller.read_all("/api/v1/credits/entries").await;
    entries.iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

async fn ends_as(caller: &Api, kind: &str) {
    eventually("the call ends", WITHIN, async || (kinds(caller).await[0] == kind).then_some(())).await;
}

#[tokio::test]
async fn a_plain_and_a_streamed_chat_are_answered_and_charged() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let plain = caller.post(PATH, &chat("mock-chat", false)).send().await;
    assert_eq!(plain.header("fourfold-provider"), "mock");
    let text = plain.json(200)["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(text.contains("foxes"), "{text}");
    let streamed = caller.post(PATH, &chat("mock-chat", true)).send().await.text();
    assert!(streamed.ends_with("data: [DONE]\n\n"), "{streamed}");
    assert_eq!(kinds(&caller).await, ["settle", "hold", "settle", "hold", "grant"]);
    is_clean(&home).await;
}

#[tokio::test]
async fn a_vendor_that_cuts_its_stream_is_told_and_charged_for_what_came() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let home = Home::new()
        .with("OPENAI_API_KEY", "key-of-the-operator")
        .with("OPENAI_BASE_URL", simulator.base_url(Vendor::OpenAi));
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "100").await;
    let models = caller.read("/api/v1/models").await;
    let is_chat = |model: &&Value| {
        model["modality"] == "chat" && model["id"].as_str().is_some_and(|id| id.starts_with("gpt"))
    };
    let model = models["data"].as_array().unwrap().iter().find(is_chat).unwrap()["id"].clone();
    let whole = caller.post(PATH, &chat(model.as_str().unwrap(), true)).send().await.text();
    assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");
    simulator.fault("POST /openai/*", "cut=600").unwrap();
    let cut = caller.post(PATH, &chat(model.as_str().unwrap(), true)).send().await.text();
    assert!(!cut.contains("[DONE]") && cut.contains("\"error\""), "{cut}");
    is_clean(&home).await;
}

#[tokio::test]
async fn a_client_who_leaves_is_charged_and_a_server_that_dies_charges_nothing() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "20s");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let streaming = async |base: &str| {
        let http = OpenAiClient::builder(&format!("{base}/v1"), ADMIN_KEY.to_owned().into());
        let client = OpenAiClient::new(http.default_header("fourfold-user", "u1").build().unwrap());
        let request = ChatRequest::new("mock-chat-slow", [Message::user("Where do foxes live?")]);
        let mut stream = client.chat_completion_stream(&request).await.unwrap();
        stream.try_next().await.unwrap().unwrap();
        stream
    };
    drop(streaming(caller.base()).await);
    ends_as(&caller, "settle").await;

    let stream = streaming(caller.base()).await;
    server.kill().await.died_by(Signal::KILL);
    drop(stream);
    let server = home.start().await;
    ends_as(&server.admin.user("u1"), "interrupted").await;
    is_clean(&home).await;
}

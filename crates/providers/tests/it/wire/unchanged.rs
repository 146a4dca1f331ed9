use fourfold_clients::http::{BaseHttpClient, Body};
use fourfold_domain::{Dialect, Edit};
use fourfold_simulator::{Simulator, Vendor};
use futures_util::TryStreamExt;
use serde_json::json;

use super::{CLAUDE, GPT, call, made, read, read_seen, send, simulator};

const CHAT: &str = "{ \"messages\" : [{\"role\":\"user\",\"content\":\"What is a fox\\u003f\"}],\r\n\t\"temperature\": 1.0e0, \"max_tokens\":5,\
    \"model\":\"ours\", \"user\": \"u\" , \"stream\": STREAM }\n";

/// What the simulator answers somebody who asks it without us.
async fn asked_directly(simulator: &Simulator, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    simulator.reset();
    let mut request = http::Request::post(format!("{}{path}", simulator.url()))
        .header("content-type", "application/json")
        .header("authorization", "Bearer sk-1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let client = BaseHttpClient::builder(simulator.url()).build().unwrap();
    let answer = client.exchange(request.body(Body::from(body.to_vec())).unwrap()).await.unwrap();
    let body = answer.into_body().into_data_stream().try_collect::<bytes::BytesMut>().await.unwrap();
    body.to_vec()
}

#[tokio::test]
async fn only_what_is_named_changes_on_the_way_out() {
    let simulator = simulator();
    let provider = made(&simulator, Vendor::OpenAi, json!({}));
    let body = CHAT.replace("STREAM", "false");
    let mut call = call(Dialect::OpenAiChat, GPT, body.clone());
    call.edits = vec![Edit::Remove("user"), Edit::Set("seed", json!(7))];
    call.headers = vec![("anthropic-version".to_owned(), "2023-06-01".to_owned())];
    read(send(&provider, call).await.unwrap()).await.unwrap();
    let received = simulator.received().pop().unwrap();
    let expected = body
        .replace("\"ours\"", &format!("{GPT:?}"))
        .replace(", \"user\": \"u\"", "")
        .replace("false }", "false,\"seed\":7 }");
    assert_eq!(received.body, expected);
    assert_eq!((received.path.as_str(), received.query), ("/v1/chat/completions", None));
    assert_eq!(received.headers["authorization"], "Bearer sk-1");
    assert_eq!(received.headers["content-type"], "application/json");
    assert!(!received.headers.contains_key("anthropic-version"), "that isn't of this wire");
}

#[tokio::test]
async fn a_body_means_what_its_version_says() {
    let simulator = simulator();
    let provider = made(&simulator, Vendor::Anthropic, json!({}));
    let body = json!({"model": CLAUDE, "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]});
    let mut call = call(Dialect::AnthropicMessages, CLAUDE, body.to_string());
    read(send(&provider, call.clone()).await.unwrap()).await.unwrap();
    call.headers = vec![
        ("anthropic-version".to_owned(), "2023-06-01".to_owned()),
        ("anthropic-beta".to_owned(), "one,two".to_owned()),
        ("x-other".to_owned(), "1".to_owned()),
    ];
    read(send(&provider, call).await.unwrap()).await.unwrap();
    let received = simulator.received();
    let header =
        |request: usize, name: &str| received[request].headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(received[1].path, "/v1/messages");
    assert_eq!((header(0, "anthropic-version"), header(0, "x-api-key")), (Some("2026-10-21"), Some("sk-1")));
    assert_eq!(
        (header(1, "anthropic-version"), header(1, "anthropic-beta")),
        (Some("2023-06-01"), Some("one,two"))
    );
    assert_eq!(header(1, "x-other"), None);
}

#[tokio::test]
async fn the_answers_bytes_are_the_vendors_own_in_whatever_pieces_they_come() {
    let simulator = simulator();
    for stream in ["false", "true"] {
        let body = CHAT.replace("STREAM", stream).replace("\"ours\"", &format!("{GPT:?}"));
        let direct = asked_directly(&simulator, "/openai/v1/chat/completions", &[], body.as_bytes()).await;
        let provider = made(&simulator, Vendor::OpenAi, json!({}));
        for drip in ["", "drip=7/1ms", "drip=100/1ms"] {
            simulator.reset();
            if !drip.is_empty() {
                simulator.fault("POST /openai/*", drip).unwrap();
            }
            let reply = send(&provider, call(Dialect::OpenAiChat, GPT, body.clone())).await.unwrap();
            let expected = if stream == "true" { "text/event-stream" } else { "application/json" };
            assert!(reply.media_type.starts_with(expected), "{}", reply.media_type);
            assert!(read(reply).await.unwrap() == direct, "{drip}");
        }
    }
    let body = json!({"model": CLAUDE, "max_tokens": 50, "stream": true, "messages": [{"role": "user", "content": "Hi"}]});
    let headers = [("anthropic-version", "2026-10-21")];
    let body = body.to_string();
    let direct = asked_directly(&simulator, "/anthropic/v1/messages", &headers, body.as_bytes()).await;
    let provider = made(&simulator, Vendor::Anthropic, json!({}));
    simulator.reset();
    simulator.fault("POST /anthropic/*", "drip=3/1ms").unwrap();
    let reply = send(&provider, call(Dialect::AnthropicMessages, CLAUDE, body)).await.unwrap();
    let (bytes, usage, end) = read_seen(reply).await;
    assert!(bytes == direct && end.is_ok());
    assert!(usage.unwrap().output_tokens > 1);
}

#[tokio::test]
async fn the_limit_goes_into_the_field_that_the_model_knows() {
    let simulator = simulator();
    let models = json!({"models": {"old": {"modality": "chat", "limit_field": "max_tokens"}, "new": {"modality": "chat"}}});
    let provider = made(&simulator, Vendor::OpenAi, models);
    for (model, given, sent) in [
        ("new", "", ",\"max_completion_tokens\":5"),
        ("old", "", ",\"max_tokens\":5"),
        ("new", ",\"max_tokens\": 5", ",\"max_completion_tokens\":5"),
        ("old", ",\"max_tokens\": 5", ",\"max_tokens\": 5"),
        ("old", ",\"max_tokens\": 50", ",\"max_tokens\": 5"),
    ] {
        let body = |limit: &str| format!("{{\"model\":\"{model}\",\"messages\":[]{limit}}}");
        let mut call = call(Dialect::OpenAiChat, model, body(given));
        call.limit = Some(5);
        // The simulator knows no such model; what it was sent is what counts.
        send(&provider, call).await.err().unwrap();
        assert_eq!(simulator.received().pop().unwrap().body, body(sent));
    }
}

use std::sync::Arc;

use fourfold_domain::{Dialect, Edit, Effect, Provider, ProviderError, Reason, WireCall};
use fourfold_simulator::{Simulator, Vendor};
use futures_util::StreamExt;
use serde_json::json;

use super::{CLAUDE, GPT, call, made, read, read_seen, send, simulator};

const OPENAI: &str = "POST /openai/*";

fn chat(stream: bool) -> WireCall {
    let messages = json!([{"role": "user", "content": "What is a fox?"}]);
    call(Dialect::OpenAiChat, GPT, json!({"model": GPT, "messages": messages, "stream": stream}).to_string())
}

fn message(stream: bool) -> WireCall {
    let messages = json!([{"role": "user", "content": "What is a fox?"}]);
    let body = json!({"model": CLAUDE, "max_tokens": 500, "messages": messages, "stream": stream});
    call(Dialect::AnthropicMessages, CLAUDE, body.to_string())
}

/// A provider that is asked once and fails.
async fn failed(simulator: &Simulator, provider: &Arc<dyn Provider>, call: WireCall) -> ProviderError {
    let error = match send(provider, call).await {
        Ok(reply) => read(reply).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(simulator.counts().requests, 1, "paid work is asked for once");
    error
}

#[tokio::test]
async fn what_the_vendor_refuses_has_its_reason_and_its_words() {
    let simulator = simulator();
    let openai = made(&simulator, Vendor::OpenAi, json!({}));
    let anthropic = made(&simulator, Vendor::Anthropic, json!({}));
    for (fault, reason, effect) in [
        ("status=400; code=content_policy_violation", Reason::Refused, Effect::NotStarted),
        ("status=400; code=context_length_exceeded", Reason::InvalidRequest, Effect::NotStarted),
        ("status=401", Reason::Unauthorized, Effect::NotStarted),
        ("status=429; code=insufficient_quota", Reason::OutOfMoney, Effect::NotStarted),
        ("status=429; code=rate_limit_exceeded; retry-after=7", Reason::RateLimited, Effect::NotStarted),
        ("status=500", Reason::Unavailable, Effect::MayHaveStarted),
        ("lose", Reason::Unavailable, Effect::MayHaveStarted),
    ] {
        simulator.reset();
        simulator.fault(OPENAI, fault).unwrap();
        let error = failed(&simulator, &openai, chat(true)).await;
        assert_eq!((error.reason, error.effect), (reason, effect), "{fault}: {error:?}");
        let code = fault.split_once("code=").map(|(_, code)| code.split(';').next().unwrap());
        let told = error.vendor_code.as_deref();
        assert!(code.is_none_or(|code| told == Some(code)), "{fault}: {told:?}");
        let wait = error.retry_after.map(|wait| wait.as_secs());
        assert_eq!(wait, fault.contains("retry-after").then_some(7));
    }
    for (fault, reason, effect) in [
        ("status=529", Reason::Unavailable, Effect::NotStarted),
        ("status=402", Reason::OutOfMoney, Effect::NotStarted),
        ("status=429; code=spend_limit_reached", Reason::OutOfMoney, Effect::NotStarted),
        ("status=504", Reason::Timeout, Effect::MayHaveStarted),
    ] {
        simulator.reset();
        simulator.fault("POST /anthropic/*", fault).unwrap();
        let error = failed(&simulator, &anthropic, message(false)).await;
        assert_eq!((error.reason, error.effect), (reason, effect), "{fault}: {error:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_begins_nothing() {
    let simulator = simulator();
    let provider = made(&simulator, Vendor::OpenAi, json!({}));
    let twice = WireCall { body: format!("{{\"model\":\"a\",\"model\":{GPT:?}}}").into(), ..chat(false) };
    let cut = WireCall { body: "{\"model\": \"a\"".into(), edits: vec![Edit::Remove("x")], ..chat(false) };
    let stranger = WireCall { vendor_model: "no-such-model".to_owned(), ..chat(false) };
    let foreign = WireCall { dialect: Dialect::AnthropicMessages, ..chat(false) };
    for (call, reason, message) in [
        (twice, Reason::InvalidRequest, "model must be given once"),
        (cut, Reason::InvalidRequest, "body must be JSON, and ends too early"),
        (stranger, Reason::NotFound, "openai has no model \"no-such-model\""),
        (foreign, Reason::Unsupported, "the vendor doesn't speak this wire"),
    ] {
        let error = send(&provider, call).await.err().unwrap();
        let found = (error.reason, error.effect, error.message.as_str());
        assert_eq!(found, (reason, Effect::NotStarted, message));
    }
    let provider = made(&simulator, Vendor::Anthropic, json!({}));
    let headers = vec![("anthropic-version".to_owned(), "a\nb".to_owned())];
    let error = send(&provider, WireCall { headers, ..message(false) }).await.err().unwrap();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
    assert_eq!(simulator.counts().requests, 0);
}

#[tokio::test]
async fn an_answer_that_breaks_off_ends_with_an_error() {
    let simulator = simulator();
    let openai = made(&simulator, Vendor::OpenAi, json!({}));
    let anthropic = made(&simulator, Vendor::Anthropic, json!({}));
    for (provider, call) in [
        (&openai, chat(false)),
        (&openai, chat(true)),
        (&anthropic, message(false)),
        (&anthropic, message(true)),
    ] {
        simulator.reset();
        simulator.fault("POST /*", "cut=100").unwrap();
        let error = failed(&simulator, provider, call).await;
        assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::MayHaveStarted), "{error:?}");
    }
}

#[tokio::test]
async fn what_was_told_before_a_break_was_seen() {
    let simulator = simulator();
    let provider = made(&simulator, Vendor::Anthropic, json!({}));
    simulator.fault("POST /anthropic/*", "cut=700").unwrap();
    let reply = send(&provider, message(true)).await.unwrap();
    let (_bytes, usage, end) = read_seen(reply).await;
    end.unwrap_err();
    let usage = usage.unwrap();
    assert!(usage.input_tokens > 0 && usage.output_tokens == 1, "{usage:?}");
}

#[tokio::test]
async fn a_stalled_answer_ends_at_the_idle_limit() {
    let simulator = simulator();
    let timeouts = json!({"idle": "50ms", "stream": {"idle": "50ms"}});
    let provider = made(&simulator, Vendor::OpenAi, json!({"timeouts": timeouts}));
    for stream in [false, true] {
        simulator.reset();
        simulator.fault(OPENAI, "stall=100").unwrap();
        let error = failed(&simulator, &provider, chat(stream)).await;
        assert_eq!((error.reason, error.effect), (Reason::Timeout, Effect::MayHaveStarted), "{error:?}");
    }
}

#[tokio::test]
async fn whoever_leaves_closes_the_vendors_connection() {
    let simulator = simulator();
    let provider = made(&simulator, Vendor::OpenAi, json!({}));
    simulator.fault(OPENAI, "stall=500").unwrap();
    let mut reply = send(&provider, chat(true)).await.unwrap();
    assert!(!reply.body.next().await.unwrap().unwrap().bytes.is_empty());
    assert_eq!(simulator.counts().closed_by_client, 0);
    drop(reply);
    let closed = simulator.wait_for(|counts| counts.closed_by_client == 1);
    tokio::time::timeout(std::time::Duration::from_secs(20), closed).await.unwrap();
}

use fourfold_clients::deepseek::MockDeepSeekApi;
use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_domain::{Effect, GenerationRequest, Generator, Modality, Reason, Request};
use fourfold_providers::{ProviderFactory, ProviderSettings};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::json;

use super::{asked, context, provider, request};

#[tokio::test]
async fn each_status_of_the_vendors_has_its_reason_and_effect() {
    for (status, code, reason, effect) in [
        (400, "invalid_request_error", Reason::InvalidRequest, Effect::NotStarted),
        (401, "invalid_request_error", Reason::Unauthorized, Effect::NotStarted),
        (402, "invalid_request_error", Reason::OutOfMoney, Effect::NotStarted),
        (422, "invalid_request_error", Reason::InvalidRequest, Effect::NotStarted),
        (429, "rate_limit_error", Reason::RateLimited, Effect::NotStarted),
        (500, "server_error", Reason::Unavailable, Effect::MayHaveStarted),
        (503, "service_unavailable_error", Reason::Unavailable, Effect::NotStarted),
    ] {
        // The way from the vendor's answer to the client's error is the client's own.
        let simulator = Simulator::start(SimulatorSettings::default());
        simulator.fault("POST /deepseek/*", &format!("status={status}; code={code}")).unwrap();
        let base_url = simulator.base_url(Vendor::DeepSeek);
        let settings = json!({"api_key": "sk-1", "base_url": base_url, "retry": {"retries_max": 0}});
        let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
        let provider = ProviderFactory::with_builtin().create("deepseek", settings).unwrap();
        let generator = provider.generator().unwrap();
        let whole = generator.generate(request(asked(json!({}))), context()).await.unwrap_err();
        let stream = generator.generate_stream(request(asked(json!({}))), context()).await;
        for error in [whole, stream.map(|_| ()).unwrap_err()] {
            assert_eq!((error.reason, error.effect), (reason, effect), "{status}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_says_so() {
    let mut api = MockDeepSeekApi::new();
    api.expect_chat_completion_stream()
        .returning(|_| Err(ClientError::new(ErrorKind::Interrupted, http::Effect::MayHaveStarted)));
    let asked = provider(api).generate_stream(request(asked(json!({}))), context()).await;
    let error = asked.map(|_| ()).unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::MayHaveStarted));
}

#[tokio::test]
async fn embeddings_are_not_made() {
    let input = json!({"texts": ["a"]}).as_object().unwrap().clone();
    let Request::Generation(request @ GenerationRequest::Embedding(_)) =
        Request::parse(Modality::Embedding, input).unwrap()
    else {
        panic!("that is no embedding")
    };
    let error = provider(MockDeepSeekApi::new()).generate(request, context()).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unsupported, Effect::NotStarted));
}

#[test]
fn a_provider_without_a_key_or_with_a_misspelt_setting_is_not_made() {
    for (settings, message) in [
        (json!({}), "providers.deepseek.api_key"),
        (json!({"api_key": "k", "models": {}}), "providers.deepseek.models"),
        (json!({"api_key": "k", "base_url": "not a url"}), "providers.deepseek.base_url"),
    ] {
        let settings = serde_json::from_value(settings).unwrap();
        let made = ProviderFactory::with_builtin().create("deepseek", settings);
        let error = made.err().unwrap().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

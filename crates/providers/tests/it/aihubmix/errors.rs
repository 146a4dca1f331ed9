use fourfold_domain::{Effect, GenerationRequest, MediaRequest, ProviderError, Reason};
use fourfold_providers::{ProviderFactory, ProviderSettings};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::json;

use super::{context, hi, media, text};

/// The vendor that refuses everything so, asked by whole provider: how its answer becomes a client's error is the
/// client's own.
async fn refused(fault: &str) -> [ProviderError; 3] {
    let simulator = Simulator::start(SimulatorSettings::default());
    simulator.fault("POST /aihubmix/*", fault).unwrap();
    let base_url = simulator.base_url(Vendor::AiHubMix);
    let settings = json!({"api_key": "sk-1", "base_url": base_url, "retry": {"retries_max": 0}});
    let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
    let provider = ProviderFactory::with_builtin().create("aihubmix", settings).unwrap();
    let chat = || -> GenerationRequest { text("gpt-4o", hi(json!({}))) };
    let video: MediaRequest = media("wan2.6-t2v", json!({"prompt": "a fox"}));
    let generator = provider.generator().unwrap();
    [
        generator.generate(chat(), context("gpt-4o")).await.unwrap_err(),
        generator.generate_stream(chat(), context("gpt-4o")).await.map(|_| ()).unwrap_err(),
        provider.media().unwrap().start(video, context("wan2.6-t2v")).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn each_answer_of_the_vendors_has_its_reason_and_effect() {
    let none = Effect::NotStarted;
    for (fault, reason, effect) in [
        ("status=400; code=prompt_missing", Reason::InvalidRequest, none),
        ("status=400; code=size_not_supported", Reason::InvalidRequest, none),
        ("status=400; code=n_not_within_range", Reason::InvalidRequest, none),
        ("status=400; code=moderation_blocked", Reason::Refused, none),
        ("status=400; code=content_policy_violation", Reason::Refused, none),
        ("status=401", Reason::Unauthorized, none),
        ("status=403", Reason::OutOfMoney, none),
        ("status=403; code=ip_not_allowed; message=Your IP is not allowed", Reason::Forbidden, none),
        ("status=404", Reason::NotFound, none),
        ("status=429", Reason::RateLimited, none),
        ("status=500", Reason::Unavailable, none),
        (
            "status=500; code=upstream_error; message=The upstream failed",
            Reason::Unavailable,
            Effect::MayHaveStarted,
        ),
        ("status=502", Reason::Unavailable, Effect::MayHaveStarted),
        ("status=504", Reason::Timeout, Effect::MayHaveStarted),
        ("status=503", Reason::RateLimited, none),
        ("status=503; message=Incorrect model ID", Reason::NotFound, none),
        ("status=503; message=You do not have permission to use this model", Reason::NotFound, none),
        ("status=503; message=Something else", Reason::Unavailable, Effect::MayHaveStarted),
    ] {
        for error in refused(fault).await {
            assert_eq!((error.reason, error.effect), (reason, effect), "{fault}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_model_that_is_not_there_is_asked_for_once() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let models = json!({"no-such-chat": {"modality": "chat"}});
    let base_url = simulator.base_url(Vendor::AiHubMix);
    let settings = json!({"api_key": "sk-1", "base_url": base_url, "models": models});
    let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
    let provider = ProviderFactory::with_builtin().create("aihubmix", settings).unwrap();
    let asked = text("gpt-4o", hi(json!({})));
    let error = provider.generator().unwrap().generate(asked, context("no-such-chat")).await.unwrap_err();
    assert_eq!((error.reason, simulator.received().len()), (Reason::NotFound, 1));
    assert_eq!(error.vendor["request_id"].as_str().unwrap().len(), 19, "the trace that the vendor asks for");
}

use std::sync::Arc;
use std::time::Duration;

use fourfold_domain::{Modality, Parameter, Provider, Request};
use fourfold_providers::{ProviderFactory, ProviderSettings, conformance};
use fourfold_simulator::{Simulator, SimulatorSettings, Timings, Vendor};
use serde_json::{Value, json};

use super::{context, hi, text};

fn create(more: Value) -> Result<Arc<dyn Provider>, String> {
    let mut settings = json!({"api_key": "sk-1"});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
    ProviderFactory::with_builtin().create("aihubmix", settings).map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_code_of_an_app_goes_with_every_call() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let base_url = simulator.base_url(Vendor::AiHubMix);
    for (app_code, expected) in [(json!("ABC1"), Some("ABC1")), (Value::Null, None)] {
        let provider = create(json!({"base_url": base_url, "app_code": app_code})).unwrap();
        let asked = text("gpt-4o", hi(json!({})));
        provider.generator().unwrap().generate(asked, context("gpt-4o")).await.unwrap();
        let header = simulator.received().pop().unwrap().headers.get("app-code").cloned();
        assert_eq!(header.as_ref().map(|code| code.to_str().unwrap()), expected);
    }
}

#[test]
fn models_by_configuration_come_beside_the_vendors_own() {
    let models = json!({
        "grok-5": {"modality": "chat", "limit_field": "max_completion_tokens", "parameters": {"max_tokens": {"max": 100}}},
        "gpt-4o": {"modality": "chat", "without": ["seed"]},
        "doubao-seedream-9": {"modality": "image", "parameters": {"resolution": {"choices": ["8K"]}}},
        "FLUX-3": {"modality": "image"},
        "gpt-image-3": {"modality": "image"},
        "hunyuan-image": {"modality": "image"},
        "doubao-seedance-9": {"modality": "video"},
        "kling-v3": {"modality": "video"},
        "hailuo": {"modality": "video"},
        "voice-2": {"modality": "speech"},
    });
    let provider = create(json!({"models": models})).unwrap();
    let names = |model: &str| -> Vec<String> {
        let spec = provider.models().iter().filter(|spec| spec.vendor_model == model).collect::<Vec<_>>();
        assert_eq!(spec.len(), 1, "{model}");
        spec[0].parameters.iter().map(|parameter: &Parameter| parameter.name.clone()).collect()
    };
    let has = |model: &str, name: &str| names(model).iter().any(|known| known == name);
    assert!(has("gpt-4o", "temperature") && !has("gpt-4o", "seed"));
    assert!(has("grok-5", "max_tokens") && has("gpt-5", "verbosity"));
    assert!(has("doubao-seedream-9", "resolution") && has("FLUX-3", "safety_tolerance"));
    assert!(has("gpt-image-3", "background") && has("hunyuan-image", "size"));
    assert!(has("doubao-seedance-9", "references") && has("kling-v3", "last_image") && has("hailuo", "size"));
    assert!(has("voice-2", "voice"));
    assert!(
        provider
            .models()
            .iter()
            .any(|spec| spec.modality == Modality::Video && spec.vendor_model == "wan2.6-t2v")
    );
}

#[tokio::test]
async fn what_a_configured_model_is_told_reaches_the_wire() {
    let models = json!({
        "kling-v3": {"modality": "video"},
        "veo-9": {"modality": "video", "without": ["size"], "parameters": {
            "resolution": {"choices": ["720p", "4k"]}, "aspect_ratio": {"choices": ["9:16"]},
            "seed": {"kind": "integer"}, "audio": {"kind": "boolean"}}},
        "doubao-seedream-9": {"modality": "image", "parameters": {
            "seed": {"kind": "integer"}, "negative_prompt": {"kind": "text"}, "format": {"choices": ["png"]}}},
    });
    let simulator = Simulator::start(SimulatorSettings {
        extra_models: ["kling-v3", "veo-9", "doubao-seedream-9"].map(str::to_owned).into(),
        ..SimulatorSettings::default()
    });
    let base_url = simulator.base_url(Vendor::AiHubMix);
    let provider = create(json!({"base_url": base_url, "models": models})).unwrap();
    let (first, last) = ("https://x.test/a.png", "https://x.test/b.png");
    for (model, modality, input, expected) in [
        (
            "kling-v3",
            Modality::Video,
            json!({"prompt": "a fox", "seconds": 10, "image": first, "last_image": last}),
            json!({"model": "kling-v3", "prompt": "a fox", "seconds": "10", "image": first, "image_tail": last}),
        ),
        (
            "veo-9",
            Modality::Video,
            json!({"prompt": "a fox", "seconds": 8, "resolution": "4k", "aspect_ratio": "9:16", "seed": 7, "audio": true}),
            json!({"model": "veo-9", "prompt": "a fox", "seconds": "8", "size": "4k", "aspectRatio": "9:16",
                "seed": 7, "audio": true}),
        ),
        (
            "doubao-seedream-9",
            Modality::Image,
            json!({"prompt": "a fox", "resolution": "2K", "seed": 7, "negative_prompt": "a dog", "format": "png"}),
            json!({"input": {"prompt": "a fox", "size": "2K", "seed": 7, "negative_prompt": "a dog",
                "output_format": "png"}}),
        ),
    ] {
        let Request::Media(request) = Request::parse(modality, input.as_object().unwrap().clone()).unwrap()
        else {
            panic!("those are media")
        };
        provider.media().unwrap().start(request, context(model)).await.unwrap();
        let sent: Value = serde_json::from_slice(&simulator.received().pop().unwrap().body).unwrap();
        assert_eq!(sent, expected, "{model}");
    }
}

#[test]
fn a_provider_without_a_key_or_with_a_misspelt_setting_is_not_made() {
    for (settings, message) in [
        (json!({"api_key": ""}), "providers.aihubmix.api_key"),
        (json!({"modles": {}}), "providers.aihubmix.modles"),
        (json!({"base_url": "not a url"}), "providers.aihubmix.base_url"),
        (
            json!({"models": {"m": {"modality": "chat", "without": ["x"]}}}),
            "providers.aihubmix.models.m.without",
        ),
    ] {
        let error = create(settings).err().unwrap();
        assert!(error.starts_with(message), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_that_take_a_while_keep_the_contract() {
    let simulator = Simulator::start(SimulatorSettings::default());
    simulator.set_timings(Timings { task_queued: Duration::from_secs(5), ..Timings::default() });
    let base_url = simulator.base_url(Vendor::AiHubMix);
    // Those of Kling's family and of none are known by the configuration alone.
    let models = json!({"kling-v3": {"modality": "video"}, "sora-2": {"modality": "video",
        "parameters": {"seconds": {"choices": [4, 8]}, "size": {"choices": ["720x1280"]}}}});
    let build = || create(json!({"base_url": base_url, "models": models})).unwrap();
    conformance::check(build).await.unwrap();
    let refused = |received: &fourfold_simulator::Received| {
        // Of OpenAI's chats the simulator has some only.
        received.path != "/v1/chat/completions" && received.status.is_none_or(|status| !status.is_success())
    };
    let refused: Vec<_> =
        simulator.received().into_iter().filter(refused).map(|received| received.path).collect();
    assert!(refused.is_empty(), "the vendor takes what the tables allow: {refused:?}");
}

use fourfold_providers::{ProviderFactory, ProviderSettings, conformance};
use fourfold_simulator::{Simulator, SimulatorSettings, Timings, Vendor};
use serde_json::json;

fn settings(simulator: &Simulator, more: serde_json::Value) -> ProviderSettings {
    let mut settings = json!({"api_key": "sk-1", "base_url": simulator.base_url(Vendor::OpenAi)});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(settings).unwrap()
}

#[tokio::test(start_paused = true)]
async fn videos_of_vendors_of_this_wire_keep_the_contract() {
    let simulator = Simulator::start(SimulatorSettings::default());
    simulator.set_timings(Timings { task_queued: std::time::Duration::from_secs(20), ..Timings::default() });
    let factory = ProviderFactory::with_builtin();
    let more = json!({"kind": "openai", "models": {"sora-2": {"modality": "video"}}});
    let build = || factory.create("aggregator", settings(&simulator, more.clone())).unwrap();
    conformance::check(build).await.unwrap();
}

#[test]
fn a_provider_without_a_key_or_with_a_misspelt_setting_is_not_made() {
    let factory = ProviderFactory::with_builtin();
    for (settings, message) in [
        (json!({}), "providers.openai.api_key"),
        (json!({"api_key": "k", "modles": {}}), "providers.openai.modles"),
        (json!({"api_key": "k", "retry": {"retries_max": 99}}), "providers.openai.retry.retries_max"),
        (
            json!({"api_key": "k", "models": {"m": {"modality": "smell"}}}),
            "providers.openai.models.m.modality",
        ),
        (json!({"api_key": "k", "base_url": "not a url"}), "providers.openai.base_url"),
    ] {
        let made = factory.create("openai", serde_json::from_value(settings).unwrap());
        let error = made.err().unwrap().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

use std::time::Duration;

use fourfold_domain::{Effect, Outputs, Poll, Provider, Reason, Started};
use fourfold_providers::ProviderFactory;
use fourfold_simulator::{FILTERED, Simulator, SimulatorSettings};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::{made, start};

/// As much of a picture of 64 pixels each way as the simulator looks at.
const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAAAAAA=";

/// Asks for it and waits for its end, each look as if after a restart.
async fn ended(simulator: &Simulator, model: &str, input: Value) -> Poll {
    let task = match start(&*made(simulator), model, input).await {
        Ok(Started::Done(outputs)) => return Poll::Done(outputs),
        Ok(Started::Task(task)) => task,
        Err(error) => return Poll::Failed(error),
    };
    for _ in 0..10 {
        match made(simulator).media().unwrap().poll(&task).await.unwrap() {
            Poll::Running { poll_after, .. } => simulator.advance(poll_after),
            end => return end,
        }
    }
    panic!("it doesn't end")
}

async fn fetched(provider: &dyn Provider, outputs: &Outputs) -> Vec<u8> {
    let stream = provider.media().unwrap().fetch(&outputs.items[0]).await.unwrap();
    stream.try_collect::<Vec<_>>().await.unwrap().concat()
}

#[tokio::test]
async fn every_model_makes_a_picture() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let provider = made(&simulator);
    for spec in provider.models() {
        let model = spec.vendor_model.as_str();
        let takes = |name: &str| spec.parameters.iter().any(|parameter| parameter.name == name);
        let mut input = json!({"format": "webp", "n": 1});
        for (name, value) in [
            ("prompt", json!("a fox")),
            ("image", json!([PICTURE])),
            ("strength", json!(0.5)),
            ("left", json!(8)),
            ("search_prompt", json!("a hen")),
            ("select_prompt", json!("a hen")),
            ("style_image", json!(PICTURE)),
            ("seed", json!(7)),
        ] {
            if takes(name) {
                input[name] = value;
            }
        }
        let Poll::Done(outputs) = ended(&simulator, model, input).await else { panic!("{model} made none") };
        assert_eq!(outputs.items[0].media_type, "image/webp", "{model}");
        assert!(fetched(&*provider, &outputs).await.starts_with(b"RIFF"), "{model}");
        assert_eq!(outputs.vendor["finish_reason"], "SUCCESS", "{model}");
        if takes("seed") {
            assert_eq!(outputs.vendor["seed"], 7, "{model}");
        }
    }
    assert_eq!(simulator.paid_tasks().len(), provider.models().len());
}

#[tokio::test]
async fn what_the_filter_catches_is_refused_at_once_and_later() {
    let simulator = Simulator::start(SimulatorSettings::default());
    for (model, input) in [
        ("stable-image-core", json!({"prompt": FILTERED})),
        ("upscale-creative", json!({"prompt": FILTERED, "image": PICTURE})),
    ] {
        let Poll::Failed(verdict) = ended(&simulator, model, input).await else { panic!("{model} made one") };
        assert_eq!(
            (verdict.reason, &verdict.vendor["finish_reason"]),
            (Reason::Refused, &"CONTENT_FILTERED".into())
        );
    }
}

#[tokio::test]
async fn a_task_that_failed_inside_ends_with_the_third_look_that_says_so() {
    let simulator = Simulator::start(SimulatorSettings::default());
    simulator.fault("POST /stability/v2beta/*", "task=fail").unwrap();
    let provider = made(&simulator);
    let input = json!({"prompt": "a fox", "image": PICTURE});
    let Started::Task(task) = start(&*provider, "upscale-creative", input).await.unwrap() else { panic!() };
    simulator.advance(Duration::from_secs(60));
    let media = provider.media().unwrap();
    for _ in 0..2 {
        media.poll(&task).await.unwrap_err();
    }
    let Poll::Failed(verdict) = media.poll(&task).await.unwrap() else { panic!("it goes on") };
    assert_eq!(verdict.reason, Reason::Failed);
}

#[tokio::test]
async fn a_picture_that_breaks_off_is_in_doubt_and_a_tasks_can_be_had_again() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let provider = made(&simulator);
    simulator.fault("POST /stability/v2beta/stable-image/generate/*", "cut=20").unwrap();
    let error = start(&*provider, "stable-image-core", json!({"prompt": "a fox"})).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Unavailable, Effect::MayHaveStarted));
    simulator.fault("GET /stability/v2beta/results/*", "cut=20; times=1").unwrap();
    let input = json!({"prompt": "a fox", "image": PICTURE});
    let Started::Task(task) = start(&*provider, "upscale-creative", input).await.unwrap() else { panic!() };
    simulator.advance(Duration::from_secs(60));
    let media = provider.media().unwrap();
    assert_eq!(media.poll(&task).await.unwrap_err().reason, Reason::Unavailable);
    assert!(matches!(media.poll(&task).await.unwrap(), Poll::Done(_)));
}

#[test]
fn a_provider_without_a_key_or_with_a_misspelt_setting_is_not_made() {
    let factory = ProviderFactory::with_builtin();
    for (settings, message) in [
        (json!({}), "providers.stability.api_key"),
        (json!({"api_key": "k", "modles": {}}), "providers.stability.modles"),
        (json!({"api_key": "k", "breaker": {"probes": 0}}), "providers.stability.breaker.probes"),
        (json!({"api_key": "k", "base_url": "not a url"}), "providers.stability.base_url"),
    ] {
        let made = factory.create("stability", serde_json::from_value(settings).unwrap());
        let error = made.err().unwrap().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

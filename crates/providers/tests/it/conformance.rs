//! The suite runs over every provider that we ship, passes a good stranger and fails each bad one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fourfold_domain::{
    Cancelled, Effect, Modality, OutputSource, Parameter, ParameterKind, Poll, Provider, ProviderError,
    Reason, Usage,
};
use fourfold_providers::conformance::{Broken, check};
use fourfold_providers::{BUILTIN, ProviderFactory, ProviderSettings};
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use serde_json::json;

use crate::stub::Stub;
use crate::text_stub::TextStub;

async fn check_stub(stub: Stub) -> Result<(), Broken> {
    check(|| Arc::new(stub.clone()) as Arc<dyn Provider>).await
}

/// The rule that a stub breaks once it is spoilt so.
async fn broken_by(spoil: impl FnOnce(&mut Stub)) -> &'static str {
    let mut stub = Stub::new("stub");
    spoil(&mut stub);
    check_stub(stub).await.unwrap_err().rule
}

#[tokio::test(start_paused = true)]
async fn every_provider_that_we_ship_conforms_from_its_settings() {
    let simulator = Simulator::start(SimulatorSettings::default());
    for builtin in BUILTIN {
        let vendor = Vendor::ALL.into_iter().find(|vendor| vendor.name() == builtin.key);
        let factory = ProviderFactory::with_builtin();
        let settings = || -> ProviderSettings {
            match builtin.key {
                // Its tasks go by the system's clock here, so they are to be short.
                "mock" => serde_json::from_str(r#"{"delay": "0s"}"#).unwrap(),
                _ => {
                    let base_url = simulator.base_url(vendor.unwrap());
                    serde_json::from_value(json!({"api_key": "sk-1", "base_url": base_url})).unwrap()
                }
            }
        };
        check(|| factory.create(builtin.key, settings()).unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn a_good_provider_from_outside_conforms() {
    check_stub(Stub::new("stub")).await.unwrap();
}

/// The rule that a text stub breaks once it is spoilt so; nothing if it breaks none.
async fn broken_text(spoil: impl FnOnce(&mut TextStub)) -> Option<&'static str> {
    let mut stub = TextStub::new();
    spoil(&mut stub);
    check(|| Arc::new(stub.clone()) as Arc<dyn Provider>).await.err().map(|broken| broken.rule)
}

#[tokio::test]
async fn each_broken_rule_of_text_is_named() {
    assert_eq!(broken_text(|_| {}).await, None);
    let rule = broken_text(|stub| stub.takes_strangers = true).await;
    assert_eq!(rule, Some("an unknown model begins nothing"));
    let rule = broken_text(|stub| stub.usage = Usage::default()).await;
    assert_eq!(rule, Some("an answer says what it used"));
    assert_eq!(broken_text(|stub| stub.answers = 0).await, Some("a chat has an answer"));
    for finishes in [0, 2] {
        let rule = broken_text(|stub| stub.finishes = finishes).await;
        assert_eq!(rule, Some("a stream says once why it ends"));
    }
}

#[tokio::test]
async fn each_broken_rule_is_named() {
    let rule = broken_by(|stub| stub.models.clear()).await;
    assert_eq!(rule, "offers at least one model");

    let rule = broken_by(|stub| stub.models.push(stub.models[0].clone())).await;
    assert_eq!(rule, "offers each model once");

    let rule = broken_by(|stub| stub.models[0].modality = Modality::Chat).await;
    assert_eq!(rule, "the provider offers the trait that serves it");

    let rule = broken_by(|stub| {
        let prompt = stub.models[0].parameters[0].clone();
        stub.models[0].parameters.push(prompt);
    })
    .await;
    assert_eq!(rule, "each parameter is there once");

    let rule = broken_by(|stub| stub.models[0].parameters[0].about.clear()).await;
    assert_eq!(rule, "each parameter has a name and says what it does");

    let rule = broken_by(|stub| stub.models[0].parameters[0].required = false).await;
    assert_eq!(rule, "its required parameters make a request");

    let rule = broken_by(|stub| stub.knows_names = false).await;
    assert_eq!(rule, "an unknown model begins nothing");

    let rule = broken_by(|stub| stub.outputs.items.clear()).await;
    assert_eq!(rule, "what is done has a result");

    let rule = broken_by(|stub| stub.outputs.quantities.clear()).await;
    assert_eq!(rule, "what is done says what it comes to");

    let rule = broken_by(|stub| stub.outputs.items[0].source = OutputSource::Link("x".into())).await;
    assert_eq!(rule, "each result can be fetched");

    let rule = broken_by(|stub| stub.outputs.items[0].source = OutputSource::Bytes(Bytes::new())).await;
    assert_eq!(rule, "each result has bytes");

    let rule = broken_by(|stub| stub.outputs.items[0].media_type = "image/jpeg".to_owned()).await;
    assert_eq!(rule, "bytes are what their type says");
}

/// The rule that a stub breaks that speaks so; nothing if it breaks none.
async fn broken_speech(media_type: &'static str, bytes: &'static [u8]) -> Option<&'static str> {
    let mut stub = Stub::new("stub");
    let text = Parameter::new("text", ParameterKind::Text { chars_max: 10 }, "what to say").required();
    (stub.models[0].modality, stub.models[0].parameters) = (Modality::Speech, vec![text]);
    stub.spoken = Some((media_type, bytes));
    check_stub(stub).await.err().map(|broken| broken.rule)
}

#[tokio::test]
async fn each_broken_rule_of_speech_is_named() {
    assert_eq!(broken_speech("audio/wav", b"RIFF\0\0\0\0WAVEfmt ").await, None);
    assert_eq!(broken_speech("audio/wav", b"").await, Some("speech has bytes"));
    assert_eq!(broken_speech("image/png", b"\x89PNG\r\n\x1a\n").await, Some("speech is a sound"));
    assert_eq!(broken_speech("audio/wav", b"a sound").await, Some("bytes are what their type says"));
}

#[tokio::test(start_paused = true)]
async fn each_broken_rule_of_tasks_is_named() {
    let running = |progress| Poll::Running { progress: Some(progress), poll_after: Duration::from_secs(5) };

    let rule = broken_by(|stub| stub.polled = Some(Ok(running(101)))).await;
    assert_eq!(rule, "progress is 0 to 100");

    let rule = broken_by(|stub| stub.polled = Some(Ok(running(50)))).await;
    assert_eq!(rule, "a task ends");

    let error = |message| ProviderError::new(Reason::Unavailable, Effect::MayHaveStarted, message);
    let rule = broken_by(|stub| stub.polled = Some(Err(error("gone")))).await;
    assert_eq!(rule, "a restart still answers for a task");

    let rule = broken_by(|stub| stub.polled = Some(Ok(Poll::Failed(error("see https://vendor.test"))))).await;
    assert_eq!(rule, "an error has words, and no URL among them");

    let rule = broken_by(|stub| {
        stub.polled = Some(Ok(Poll::Done(stub.outputs.clone())));
        stub.cancelled = Cancelled::Stopped { used: None };
    })
    .await;
    assert_eq!(rule, "what is done can't be stopped");
}

#[tokio::test]
async fn a_provider_that_changes_with_a_restart_is_named() {
    let first = AtomicBool::new(true);
    let build = || {
        let mut stub = Stub::new("stub");
        if !first.swap(false, Ordering::Relaxed) {
            stub.models[0].vendor_model = "another".to_owned();
        }
        Arc::new(stub) as Arc<dyn Provider>
    };
    assert_eq!(check(build).await.unwrap_err().rule, "offers the same models after a restart");
}

//! Over the simulator: what the suite would take an error for, and what goes back and forth.

use std::sync::Arc;

use fourfold_domain::{
    ChatAnswer, FinishReason, GenerationResult, Modality, OutputSource, Parameter, Poll, Provider, Reason,
    Started,
};
use fourfold_providers::{ProviderFactory, ProviderSettings};
use fourfold_simulator::{FILTERED, Simulator, SimulatorSettings, Timings, Vendor};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::{context, media, table, text};

const CHAT: &str = "gemini-3.8-flash";

fn built(simulator: &Simulator) -> Arc<dyn Provider> {
    let settings = json!({"api_key": "sk-1", "base_url": simulator.base_url(Vendor::Gemini)});
    let settings: ProviderSettings = serde_json::from_value(settings).unwrap();
    ProviderFactory::with_builtin().create("gemini", settings).unwrap()
}

async fn answered(provider: &dyn Provider, input: Value) -> ChatAnswer {
    let made = provider.generator().unwrap().generate(text(Modality::Chat, input), context(CHAT)).await;
    match made.unwrap() {
        GenerationResult::Chat(mut chat) => chat.answers.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_a_tool_gave_goes_back_with_the_signature_of_its_call() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let provider = built(&simulator);
    let schema = json!({"type": "object", "properties": {"place": {"type": "string"}}});
    let tools = json!([{"type": "function", "function": {"name": "look", "parameters": schema}}]);
    let hi = json!({"role": "user", "content": "Hi"});
    let called = answered(&*provider, json!({"messages": [hi], "tools": tools})).await;
    assert_eq!(called.finish_reason, FinishReason::ToolCalls);
    let call = &called.tool_calls[0];
    let function = json!({"name": call.name, "arguments": call.arguments});
    let mut back = json!({"role": "assistant", "content": called.text,
        "tool_calls": [{"id": call.id, "type": "function", "function": function}]});
    let given = json!({"role": "tool", "tool_call_id": call.id, "content": "A fox."});
    // Over a wire without room for it, or from another model.
    let unsigned = answered(&*provider, json!({"messages": [hi, back, given], "tools": tools})).await;
    assert_eq!(unsigned.finish_reason, FinishReason::Stop);
    back["thought_signatures"] = json!({&call.id: "Zm9yZ2Vk"});
    let forged = json!({"messages": [hi, back, given], "tools": tools});
    let refused = provider.generator().unwrap().generate(text(Modality::Chat, forged), context(CHAT)).await;
    assert_eq!(refused.unwrap_err().reason, Reason::InvalidRequest, "the vendor wants its own signature");
    back.as_object_mut().unwrap().extend(called.extras.clone());
    let whole = answered(&*provider, json!({"messages": [hi, back, given], "tools": tools})).await;
    assert_eq!(whole.finish_reason, FinishReason::Stop);
    assert!(!whole.text.is_empty());
}

#[tokio::test]
async fn every_parameter_of_a_chat_is_taken() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let whole = answered(
        &*built(&simulator),
        json!({
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            "max_tokens": 500, "n": 2, "temperature": 0.5, "top_p": 0.5, "top_k": 40, "seed": 3, "stop": ["END"],
            "presence_penalty": 0.5, "frequency_penalty": 0.5, "reasoning_effort": "low", "include_thoughts": true,
            "media_resolution": "low", "tool_choice": "none", "response_format": {"type": "json_object"},
            "tools": [{"type": "function", "function": {"name": "look", "strict": true}}],
            "safety_settings": {"HARM_CATEGORY_HARASSMENT": "OFF"},
        }),
    )
    .await;
    assert!(serde_json::from_str::<Value>(&whole.text).is_ok(), "{}", whole.text);
    assert!(whole.reasoning.is_some_and(|thoughts| !thoughts.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_media_is_made_from_all_that_can_be_told() {
    let simulator = Simulator::start(SimulatorSettings::default());
    simulator.set_timings(Timings { task_queued: std::time::Duration::from_secs(20), ..Timings::default() });
    let safety = json!({"HARM_CATEGORY_HARASSMENT": "OFF"});
    for (model, modality, input, media_type) in [
        (
            "gemini-3-pro-image",
            Modality::Image,
            json!({"prompt": "a fox", "aspect_ratio": "21:9", "resolution": "2K", "image": [super::PNG],
                "n": 1, "safety_settings": safety}),
            "image/png",
        ),
        (
            "gemini-3.8-flash-lite-tts",
            Modality::Speech,
            json!({"text": "Hi", "voice": "Puck", "format": "wav", "instructions": "Say cheerfully",
                "language_code": "en-US", "safety_settings": safety}),
            "audio/wav",
        ),
        (
            "gemini-omni-1.2-flash",
            Modality::Video,
            json!({"prompt": "a fox", "seconds": 3, "resolution": "360p", "aspect_ratio": "9:16",
                "image": super::PNG, "references": [super::PNG], "video": "data:video/mp4;base64,UE5H"}),
            "video/mp4",
        ),
    ] {
        assert_eq!(Parameter::check_all(&table(model), input.as_object().unwrap()), Ok(()));
        let provider = built(&simulator);
        let maker = provider.media().unwrap();
        let outputs = match maker.start(media(modality, input), context(model)).await.unwrap() {
            Started::Done(outputs) => outputs,
            Started::Task(task) => loop {
                match built(&simulator).media().unwrap().poll(&task).await.unwrap() {
                    Poll::Running { poll_after, .. } => tokio::time::sleep(poll_after).await,
                    Poll::Done(outputs) => break outputs,
                    Poll::Failed(error) => panic!("{error:?}"),
                }
            },
        };
        assert_eq!(outputs.items[0].media_type, media_type);
        let is_handle = matches!(&outputs.items[0].source, OutputSource::Handle(_));
        assert_eq!(is_handle, modality == Modality::Video);
        let fetched = maker.fetch(&outputs.items[0]).await.unwrap();
        assert!(fetched.try_fold(0, |sum, piece| async move { Ok(sum + piece.len()) }).await.unwrap() > 44);
    }
}

#[tokio::test]
async fn what_the_filter_catches_is_refused() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let provider = built(&simulator);
    for (model, modality, input) in [
        ("gemini-3.1-flash-image", Modality::Image, json!({"prompt": FILTERED})),
        ("gemini-3.8-flash-tts", Modality::Speech, json!({"text": FILTERED})),
    ] {
        let started = provider.media().unwrap().start(media(modality, input), context(model)).await;
        assert_eq!(started.unwrap_err().reason, Reason::Refused, "{model}");
    }
    let input = json!({"messages": [{"role": "user", "content": FILTERED}]});
    let refused = provider.generator().unwrap().generate(text(Modality::Chat, input.clone()), context(CHAT));
    assert_eq!(refused.await.unwrap_err().reason, Reason::Refused);
    let mut passed = input;
    passed["safety_settings"] = json!({"HARM_CATEGORY_DANGEROUS_CONTENT": "BLOCK_NONE"});
    assert_eq!(answered(&*provider, passed).await.finish_reason, FinishReason::ContentFilter);
}

#[test]
fn a_provider_without_a_key_or_with_a_misspelt_setting_is_not_made() {
    let factory = ProviderFactory::with_builtin();
    for (settings, message) in [
        (json!({}), "providers.gemini.api_key"),
        (json!({"api_key": "k", "htttp": {}}), "providers.gemini.htttp"),
        (json!({"api_key": "k", "breaker": {"probes": 0}}), "providers.gemini.breaker.probes"),
        (json!({"api_key": "k", "base_url": "not a url"}), "providers.gemini.base_url"),
    ] {
        let made = factory.create("gemini", serde_json::from_value(settings).unwrap());
        let error = made.err().unwrap().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

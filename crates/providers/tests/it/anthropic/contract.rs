use std::sync::Arc;

use fourfold_domain::Modality;
use fourfold_domain::{AnswerPiece, FinishReason, GenerationResult, Provider, Request, StreamChunk};
use fourfold_providers::ProviderFactory;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::{NEW, OLD, chat, context};

fn made(simulator: &Simulator, more: Value) -> Arc<dyn Provider> {
    let mut settings = json!({"api_key": "sk-1", "base_url": simulator.base_url(Vendor::Anthropic)});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ProviderFactory::with_builtin().create("anthropic", serde_json::from_value(settings).unwrap()).unwrap()
}

#[tokio::test]
async fn a_thought_goes_back_signed_in_the_loop_of_a_tool() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let provider = made(&simulator, json!({}));
    let generator = provider.generator().unwrap();
    let tools = json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object",
        "properties": {"at": {"type": "string"}}, "required": ["at"]}}}]);
    for model in [NEW, OLD] {
        let user = json!({"role": "user", "content": "Look at the fox."});
        let input =
            json!({"messages": [user], "tools": tools, "tool_choice": "required", "reasoning_effort": "low"});
        let result = generator.generate(chat(input), context(model)).await.unwrap();
        let GenerationResult::Chat(result) = result else { panic!("{result:?}") };
        let answer = &result.answers[0];
        assert_eq!(answer.finish_reason, FinishReason::ToolCalls);
        assert!(answer.reasoning.is_some());
        let call = &answer.tool_calls[0];
        let mut said = json!({"role": "assistant", "content": answer.text, "tool_calls": [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}]});
        said.as_object_mut().unwrap().extend(answer.extras.clone());
        let gave = json!({"role": "tool", "tool_call_id": call.id, "content": "A fox."});
        let input = json!({"messages": [user, said, gave], "tools": tools, "reasoning_effort": "low"});
        // The simulator refuses a thought whose signature isn't the one that it gave.
        generator.generate(chat(input), context(model)).await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_and_a_whole_answer_mean_the_same() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let provider = made(&simulator, json!({}));
    let generator = provider.generator().unwrap();
    let input =
        json!({"messages": [{"role": "user", "content": "What is a fox?"}], "reasoning_effort": "low"});
    let whole = generator.generate(chat(input.clone()), context(NEW)).await.unwrap();
    let GenerationResult::Chat(whole) = whole else { panic!("{whole:?}") };
    let chunks = generator.generate_stream(chat(input), context(NEW)).await.unwrap();
    let (mut text, mut thoughts, mut extras, mut usage) = (String::new(), String::new(), None, None);
    for chunk in chunks.try_collect::<Vec<_>>().await.unwrap() {
        match chunk {
            StreamChunk::Answer { piece: AnswerPiece::Text(more), .. } => text.push_str(&more),
            StreamChunk::Answer { piece: AnswerPiece::Reasoning(more), .. } => thoughts.push_str(&more),
            StreamChunk::Answer { piece: AnswerPiece::Extras(more), .. } => extras = Some(more),
            StreamChunk::Usage(used) => usage = Some(used),
            _ => {}
        }
    }
    let answer = &whole.answers[0];
    assert_eq!((&text, Some(&thoughts)), (&answer.text, answer.reasoning.as_ref()));
    assert_eq!((extras.as_ref(), usage), (Some(&answer.extras), Some(whole.usage)));
}

#[tokio::test]
async fn an_older_version_has_settings_of_chance() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let provider = made(&simulator, json!({"version": "2023-06-01", "models": {OLD: {"thinking": "none"}}}));
    let names: Vec<_> =
        provider.models()[0].parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    assert!(names.contains(&"top_k") && !names.contains(&"reasoning_effort"), "{names:?}");
    let input = json!({"messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5, "top_p": 0.5, "top_k": 3});
    let request = Request::parse(Modality::Chat, input.as_object().unwrap().clone()).unwrap();
    provider.check(OLD, &request).unwrap();
    provider.generator().unwrap().generate(chat(input), context(OLD)).await.unwrap();
    let sent = simulator.received().pop().unwrap();
    assert_eq!(sent.headers["anthropic-version"], "2023-06-01");
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!((&body["temperature"], &body["top_k"]), (&json!(0.5), &json!(3)));
}

#[test]
fn a_provider_without_a_key_or_with_a_misspelt_setting_is_not_made() {
    let factory = ProviderFactory::with_builtin();
    for (settings, message) in [
        (json!({}), "providers.anthropic.api_key"),
        (json!({"api_key": "k", "versoin": "2023-06-01"}), "providers.anthropic.versoin"),
        (json!({"api_key": "k", "version": "2022"}), "providers.anthropic.version"),
        (
            json!({"api_key": "k", "models": {"m": {"thinking": "hard"}}}),
            "providers.anthropic.models.m.thinking",
        ),
        (json!({"api_key": "k", "breaker": {"probes": 0}}), "providers.anthropic.breaker.probes"),
        (json!({"api_key": "k", "base_url": "not a url"}), "providers.anthropic.base_url"),
    ] {
        let made = factory.create("anthropic", serde_json::from_value(settings).unwrap());
        let error = made.err().unwrap().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

use fourfold_domain::Modality;
use serde_json::{Value, json};

use super::{PNG, mistake};

const CHAT: &str = "gemini-3.8-flash";

fn refused(model: &str, modality: Modality, input: Value, field: &str) {
    let mistake = mistake(model, modality, input.clone());
    assert_eq!(mistake.unwrap_err().field, field, "{input}");
}

#[test]
fn each_limit_of_a_chat_names_its_field() {
    let hi = json!([{"role": "user", "content": "Hi"}]);
    for (name, value) in [
        ("max_tokens", json!(65_537)),
        ("n", json!(9)),
        ("seed", json!(2_147_483_648_u64)),
        ("stop", json!(["a", "b", "c", "d", "e", "f"])),
        ("temperature", json!(2.1)),
        ("top_p", json!(1.1)),
        ("top_k", json!(0)),
        ("presence_penalty", json!(-2.1)),
        ("frequency_penalty", json!(2.1)),
        ("reasoning_effort", json!("max")),
        ("thinking_budget", json!(-2)),
        ("include_thoughts", json!("yes")),
        ("media_resolution", json!("auto")),
        ("tool_choice", json!("required")),
        ("tool_choice", json!({"type": "function", "function": {"name": "look"}})),
        ("safety_settings", json!("off")),
        ("safety_settings", json!({"HARM_CATEGORY_SPAM": "OFF"})),
        ("logit_bias", json!({})),
    ] {
        let input = json!({"messages": hi, name: value});
        refused(CHAT, Modality::Chat, input, &format!("input.{name}"));
    }
    let both = json!({"messages": hi, "reasoning_effort": "low", "thinking_budget": 5});
    refused(CHAT, Modality::Chat, both, "input.thinking_budget");
    let threshold = json!({"messages": hi, "safety_settings": {"HARM_CATEGORY_HARASSMENT": "SOME"}});
    refused(CHAT, Modality::Chat, threshold, "input.safety_settings.HARM_CATEGORY_HARASSMENT");
}

#[test]
fn what_a_message_cannot_be_names_its_place() {
    let image = json!([{"type": "text", "text": "x"}, {"type": "image_url", "image_url": PNG}]);
    let call = json!({"id": "c1", "type": "function", "function": {"name": "look", "arguments": "[]"}});
    for (message, field) in [
        (json!({"role": "system", "content": image}), "content[1].type"),
        (json!({"role": "tool", "tool_call_id": "c", "content": image}), "content[1].type"),
        (json!({"role": "tool", "tool_call_id": "c", "content": "x"}), "tool_call_id"),
        (json!({"role": "assistant", "tool_calls": [call]}), "tool_calls[0].function.arguments"),
        (json!({"role": "user", "content": "x", "cache_control": {}}), "cache_control"),
    ] {
        let input = json!({"messages": [{"role": "user", "content": "Hi"}, message]});
        refused(CHAT, Modality::Chat, input, &format!("input.messages[1].{field}"));
    }
    let input = json!({"messages": [{"role": "system", "content": "Be brief."}]});
    refused(CHAT, Modality::Chat, input, "input.messages");
}

#[test]
fn what_other_vendors_and_clients_leave_in_messages_is_taken() {
    let input = json!({"messages": [
        {"role": "user", "content": "Hi", "annotations": []},
        {"role": "assistant", "content": "Hm.", "refusal": null, "thinking_blocks": [{"type": "thinking"}]},
        {"role": "user", "content": "Go on.", "audio": null},
    ], "tool_choice": "auto", "thinking_budget": 0});
    assert_eq!(mistake(CHAT, Modality::Chat, input), Ok(()));
}

#[test]
fn each_limit_of_vectors_names_its_field() {
    for (input, field) in [
        (json!({"texts": vec!["a"; 101]}), "input.texts"),
        (json!({"texts": "a", "dimensions": 3073}), "input.dimensions"),
        (json!({"texts": "a", "task_type": "PLAY"}), "input.task_type"),
        (json!({"texts": "a", "title": "A"}), "input.title"),
        (json!({"texts": "a", "title": "A", "task_type": "CLUSTERING"}), "input.title"),
    ] {
        refused("gemini-embedding-001", Modality::Embedding, input, field);
    }
    let input = json!({"texts": "a", "title": "A", "task_type": "RETRIEVAL_DOCUMENT"});
    assert_eq!(mistake("gemini-embedding-001", Modality::Embedding, input), Ok(()));
}

#[test]
fn each_limit_of_pictures_names_its_field() {
    for (name, value) in [
        ("aspect_ratio", json!("7:5")),
        ("resolution", json!("8K")),
        ("n", json!(2)),
        ("image", json!(vec![PNG; 15])),
        ("safety_settings", json!({"x": "OFF"})),
        ("size", json!("1024x1024")),
    ] {
        let input = json!({"prompt": "a fox", name: value});
        refused("gemini-3.1-flash-image", Modality::Image, input, &format!("input.{name}"));
    }
    let fine = json!({"prompt": "a fox", "resolution": "2K"});
    refused("gemini-3.1-flash-lite-image", Modality::Image, fine, "input.resolution");
}

#[test]
fn each_limit_of_videos_names_its_field() {
    for (model, name, value) in [
        ("gemini-omni-1.1-flash", "seconds", json!(11)),
        ("gemini-omni-1.2-flash", "seconds", json!(2)),
        ("gemini-omni-1.2-flash", "seconds", json!(16)),
        ("gemini-omni-1.1-flash", "aspect_ratio", json!("1:1")),
        ("gemini-omni-1.1-flash", "resolution", json!("8k")),
        ("gemini-omni-1.1-flash", "references", json!(vec![PNG; 11])),
    ] {
        let input = json!({"prompt": "a fox", name: value});
        refused(model, Modality::Video, input, &format!("input.{name}"));
    }
    let longest = json!({"prompt": "a fox", "seconds": 15});
    assert_eq!(mistake("gemini-omni-1.2-flash", Modality::Video, longest), Ok(()));
}

#[test]
fn each_limit_of_speech_names_its_field() {
    for (name, value) in [
        ("voice", json!("alloy")),
        ("format", json!("mp3")),
        ("speed", json!(2)),
        ("safety_settings", json!({"x": "OFF"})),
    ] {
        let input = json!({"text": "Hi", name: value});
        refused("gemini-3.8-flash-tts", Modality::Speech, input, &format!("input.{name}"));
    }
}

//! Speech.

use serde_json::{Value, json};

use super::{field, generate, hi, path};
use crate::support::{decoded, post, simulator};

const NEWEST: &str = "gemini-3.8-flash-tts";
const OLDER: &str = "gemini-3.1-flash-tts-preview";
const OLDEST: &str = "gemini-2.5-flash-preview-tts";

fn spoken(speech: Value) -> Value {
    hi(json!({"generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": speech}}))
}

fn voice(name: &str) -> Value {
    json!({"prebuiltVoiceConfig": {"voiceName": name}})
}

fn speakers(count: usize) -> Value {
    let speaker = |index| json!({"speaker": format!("{index}"), "voiceConfig": voice("Puck")});
    let speakers: Vec<_> = (0..count).map(speaker).collect();
    json!({"multiSpeakerVoiceConfig": {"speakerVoiceConfigs": speakers}})
}

#[tokio::test]
async fn speech_is_bare_samples_of_a_rate_that_its_type_names() {
    let asked = spoken(json!({"voiceConfig": voice("Kore")}));
    let answer = generate(&simulator(), NEWEST, &asked).await.json();
    let data = &answer["candidates"][0]["content"]["parts"][0]["inlineData"];
    assert_eq!(data["mimeType"], "audio/L16;codec=pcm;rate=24000");
    // Half a second of two bytes a sample.
    assert_eq!(decoded(&data["data"]).len(), 24_000);
    let expected = json!([{"modality": "AUDIO", "tokenCount": 25}]);
    assert_eq!(answer["usageMetadata"]["candidatesTokensDetails"], expected);
}

#[tokio::test]
async fn streamed_speech_adds_up_to_the_same_sound() {
    let asked = spoken(json!({}));
    let whole = generate(&simulator(), OLDER, &asked).await.json();
    let data = |chunk: &Value| decoded(&chunk["candidates"][0]["content"]["parts"][0]["inlineData"]["data"]);
    let stream = format!("{}?alt=sse", path(OLDER, "streamGenerateContent"));
    let chunks = post(&simulator(), &stream, &asked).await.json_events();
    assert_eq!(chunks.len(), 3);
    assert_eq!(chunks.iter().flat_map(data).collect::<Vec<_>>(), data(&whole));
    assert_eq!(chunks[2]["usageMetadata"], whole["usageMetadata"]);
    let error = post(&simulator(), &path(OLDEST, "streamGenerateContent"), &asked).await.refusal(400);
    assert!(error["error"]["message"].as_str().unwrap().starts_with("Streaming is not supported"));
}

#[tokio::test]
async fn voices_come_in_several_ways() {
    for (model, speech) in [
        (OLDEST, json!({})),
        (OLDEST, json!({"voiceConfig": voice("zephyr"), "languageCode": "en-US"})),
        (OLDEST, speakers(2)),
        (NEWEST, speakers(3)),
        (NEWEST, json!({"voiceConfig": {"voice": "Kore"}})),
    ] {
        generate(&simulator(), model, &spoken(speech)).await.json();
    }
}

#[tokio::test]
async fn speech_that_breaks_a_rule_is_refused() {
    let at = |rest: &str| format!("generation_config.speech_config.{rest}");
    let both = super::merged(speakers(1), json!({"voiceConfig": voice("Kore")}));
    let name = "voice_config.prebuilt_voice_config.voice_name";
    for (model, speech, at) in [
        (NEWEST, json!({"voiceConfig": voice("Bob")}), at(name)),
        (OLDER, json!({"voiceConfig": {"voice": "Kore"}}), at("voice_config.voice")),
        (OLDER, speakers(3), at("multi_speaker_voice_config.speaker_voice_configs")),
        (OLDER, speakers(0), at("multi_speaker_voice_config.speaker_voice_configs")),
        (OLDER, both, at("multi_speaker_voice_config")),
        (NEWEST, json!({"voice": "Kore"}), "generation_config.speech_config".to_owned()),
    ] {
        let error = generate(&simulator(), model, &spoken(speech.clone())).await.refusal(400);
        assert_eq!(field(&error), at, "{speech}");
    }
    for modalities in [json!({}), json!({"responseModalities": ["TEXT"]})] {
        let asked = hi(json!({"generationConfig": modalities}));
        let error = generate(&simulator(), NEWEST, &asked).await.refusal(400);
        assert_eq!(field(&error), "generation_config.response_modalities");
    }
}

use fourfold_domain::{Quantity, Unit};
use serde_json::json;

use super::tasks::outputs_of;
use super::{refusal, sent};

#[tokio::test]
async fn each_parameter_has_its_place() {
    for (model, name, value, at, expected) in [
        ("eleven_multilingual_v2", "voice", json!("Bernard"), "/voice/presetId", json!("Bernard")),
        ("eleven_v3", "speed", json!(1.1), "/speed", json!(1.1)),
        ("eleven_v3", "language_code", json!("en"), "/languageCode", json!("en")),
        ("eleven_v3", "stability", json!(0.5), "/stability", json!(0.5)),
        ("eleven_v3", "similarity_boost", json!(0.5), "/similarityBoost", json!(0.5)),
        ("eleven_v3", "style", json!(0.5), "/style", json!(0.5)),
        ("eleven_v3", "use_speaker_boost", json!(false), "/useSpeakerBoost", json!(false)),
        ("eleven_v3", "seed", json!(7), "/seed", json!(7)),
        ("eleven_v3", "apply_text_normalization", json!("on"), "/applyTextNormalization", json!("on")),
        ("eleven_v4", "previous_text", json!("So."), "/previousText", json!("So.")),
        ("eleven_v4", "next_text", json!("Well."), "/nextText", json!("Well.")),
        ("seed_audio", "format", json!("opus"), "/outputFormat", json!("ogg_opus")),
        ("seed_audio", "sample_rate", json!(24_000), "/sampleRate", json!(24_000)),
        ("seed_audio", "loudness_rate", json!(-5), "/loudnessRate", json!(-5)),
        ("seed_audio", "pitch_rate", json!(2), "/pitchRate", json!(2)),
        ("seed_audio", "speech_rate", json!(10), "/speechRate", json!(10)),
    ] {
        let (route, sent) = sent(model, json!({"text": "Hello.", name: value})).await;
        assert_eq!((route, &sent["model"]), ("text_to_speech", &json!(model)));
        assert_eq!((&sent["promptText"], sent.pointer(at)), (&json!("Hello."), Some(&expected)), "{sent}");
    }
}

#[tokio::test]
async fn somebody_speaks_where_nobody_is_asked_for() {
    let (_, eleven) = sent("eleven_v4", json!({"text": "Hello."})).await;
    assert_eq!(eleven["voice"], json!({"type": "runway-preset", "presetId": "Maya"}));
    let (_, seed) = sent("seed_audio", json!({"text": "Hello."})).await;
    assert_eq!(seed.get("voice"), None, "this model takes none of the vendor's voices");
}

#[test]
fn each_limit_names_its_field() {
    for (model, input, expected) in [
        ("eleven_multilingual_v2", json!({}), "input.text is required"),
        (
            "eleven_multilingual_v2",
            json!({"text": "x".repeat(1001)}),
            "input.text must be at most 1000 characters",
        ),
        (
            "eleven_multilingual_v2",
            json!({"text": "\u{1f98a}".repeat(501)}),
            "input.text must be at most 1000 UTF-16",
        ),
        (
            "eleven_multilingual_v2",
            json!({"text": "x", "voice": "Nobody"}),
            "input.voice must be one of Maya, ",
        ),
        ("eleven_multilingual_v2", json!({"text": "x", "speed": 1.0}), "input.speed is not a parameter"),
        ("eleven_v3", json!({"text": "x", "speed": 2.0}), "input.speed must be from 0.7 to 1.2"),
        ("seed_audio", json!({"text": "x", "format": "flac"}), "input.format must be one of mp3, wav, opus"),
    ] {
        let refusal = refusal(model, input);
        assert!(refusal.starts_with(expected), "{model}: {refusal}");
    }
}

#[tokio::test]
async fn speech_is_counted_by_its_characters() {
    for (model, input, link, media_type) in [
        ("eleven_v3", json!({"text": "häh"}), "https://cdn.test/x.mp3?_jwt=a.b", "audio/mpeg"),
        ("eleven_v3", json!({"text": "häh"}), "https://cdn.test/x", "audio/mpeg"),
        ("seed_audio", json!({"text": "häh", "format": "wav"}), "https://cdn.test/x", "audio/wav"),
        ("seed_audio", json!({"text": "häh", "format": "opus"}), "https://cdn.test/x", "audio/ogg"),
    ] {
        let outputs = outputs_of(model, input, json!([link])).await.unwrap();
        assert_eq!(outputs.items[0].media_type, media_type);
        assert_eq!(outputs.quantities, [Quantity::new(Unit::Character, 3)]);
    }
}

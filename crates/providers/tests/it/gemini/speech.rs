use fourfold_clients::gemini::{GenerateContentResponse, MockGeminiApi};
use fourfold_domain::{MediaMaker, Modality, Outputs, ProviderError, Quantity, Reason, Unit};
use serde_json::{Value, json};

use super::{answer, bytes, check_all_rows, context, done, media, provider, said, wire};

const MODEL: &str = "gemini-3.8-flash-tts";
const VOICE: &str = "/generationConfig/speechConfig/voiceConfig/prebuiltVoiceConfig/voiceName";

/// Two bare samples.
fn sound(media_type: &str) -> GenerateContentResponse {
    said(json!([{"inlineData": {"mimeType": media_type, "data": "AQACAA=="}}]))
}

/// What comes of an input and an answer, and what the client was asked.
async fn spoken(input: Value, response: GenerateContentResponse) -> (Result<Outputs, ProviderError>, Value) {
    let mut api = MockGeminiApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_generate_speech().times(1).returning(move |request| {
        tx.send(wire(request)).unwrap();
        Ok(response.clone())
    });
    let started = provider(api).start(media(Modality::Speech, input), context(MODEL)).await;
    (started.map(done), rx.recv().unwrap())
}

#[tokio::test]
async fn each_parameter_of_speech_has_its_place() {
    let words = "/contents/0/parts/0/text";
    let rows = [
        ("text", json!("Hi"), words, json!("Hi")),
        ("voice", json!("Puck"), VOICE, json!("Puck")),
        ("instructions", json!("Say cheerfully:"), words, json!("Say cheerfully: Hi")),
        ("language_code", json!("en-US"), "/generationConfig/speechConfig/languageCode", json!("en-US")),
        (
            "safety_settings",
            json!({"HARM_CATEGORY_HARASSMENT": "OFF"}),
            "/safetySettings",
            json!([{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]),
        ),
    ];
    // The format is made here.
    let names: Vec<_> = rows.iter().map(|(name, ..)| *name).chain(["format"]).collect();
    check_all_rows(MODEL, &names);
    for (name, value, at, expected) in rows {
        let mut input = json!({"text": "Hi"});
        input[name] = value;
        let (outputs, sent) = spoken(input, sound("audio/L16;rate=8000")).await;
        assert_eq!(sent.pointer(at), Some(&expected), "{name}");
        outputs.unwrap();
    }
    let (_, sent) = spoken(json!({"text": "Hi"}), sound("audio/L16;rate=8000")).await;
    assert_eq!(sent.pointer(VOICE), Some(&json!("Kore")));
}

#[tokio::test]
async fn bare_samples_become_a_file_unless_they_are_asked_for() {
    const BARE: &[u8] = b"\x01\x00\x02\x00";
    for (format, given, media_type, begin) in [
        ("wav", "audio/L16;codec=pcm;rate=8000", "audio/wav", b"RIFF".as_slice()),
        ("pcm", "audio/L16;codec=pcm;rate=8000", "audio/pcm;rate=8000", BARE),
        ("pcm", "audio/L16", "audio/pcm;rate=24000", BARE),
        ("pcm", "audio/mpeg", "audio/mpeg", BARE),
        ("wav", "audio/wav", "audio/wav", BARE),
    ] {
        let (outputs, _) = spoken(json!({"text": "häh", "format": format}), sound(given)).await;
        let outputs = outputs.unwrap();
        assert_eq!((outputs.items[0].media_type.as_str(), &bytes(&outputs)[..4]), (media_type, begin));
        assert_eq!(outputs.quantities, [Quantity::new(Unit::Character, 3)]);
        assert_eq!(outputs.vendor["model"], "gemini-3.8-flash-001");
    }
}

#[tokio::test]
async fn no_sound_is_a_refusal_or_a_failure() {
    let ended = |word: &str| answer(json!({"candidates": [{"finishReason": word}]}));
    for (response, reason) in [
        (ended("PROHIBITED_CONTENT"), Reason::Refused),
        (ended("OTHER"), Reason::Failed),
        (answer(json!({"promptFeedback": {"blockReason": "OTHER"}})), Reason::Refused),
        (said(json!([{"inlineData": {"mimeType": "audio/L16", "data": "%"}}])), Reason::Unreadable),
    ] {
        assert_eq!(spoken(json!({"text": "Hi"}), response).await.0.unwrap_err().reason, reason);
    }
}

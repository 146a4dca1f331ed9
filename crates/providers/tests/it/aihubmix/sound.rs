use fourfold_clients::Media;
use fourfold_clients::aihubmix::MockAihubmixApi;
use fourfold_clients::http::Body;
use fourfold_clients::openai::Transcription;
use fourfold_domain::{MediaMaker, Quantity, Reason, Transcript, Unit};
use serde_json::{Value, json};

use super::{bytes, check_limits, context, done, media, provider, wire};

#[tokio::test]
async fn each_parameter_of_speech_has_its_place() {
    for (model, input, expected) in [
        (
            "gpt-4o-mini-tts",
            json!({"text": "A fox.", "voice": "nova", "format": "wav", "speed": 1.5, "instructions": "Slowly."}),
            json!({"model": "gpt-4o-mini-tts", "input": "A fox.", "voice": "nova", "response_format": "wav",
                "speed": 1.5, "instructions": "Slowly."}),
        ),
        (
            "gemini-2.5-pro-preview-tts",
            json!({"text": "A fox."}),
            json!({"model": "gemini-2.5-pro-preview-tts", "input": "A fox.", "voice": "Kore", "response_format": "wav"}),
        ),
    ] {
        let mut api = MockAihubmixApi::new();
        api.expect_generate_speech().times(1).returning(move |request| {
            assert_eq!(wire(request), expected);
            Ok(Media { media_type: Some("audio/wav".to_owned()), request_id: None, body: Body::from("RIFF") })
        });
        let outputs = done(provider(api).start(media(model, input), context(model)).await.unwrap());
        assert_eq!((&*outputs.items[0].media_type, bytes(&outputs)), ("audio/wav", b"RIFF".as_slice()));
        assert_eq!(outputs.quantities, [Quantity::new(Unit::Character, 6)]);
    }
}

#[test]
fn what_a_voice_cannot_do_names_its_field() {
    check_limits("tts-1", &[(json!({"text": "A", "instructions": "Slowly."}), Some("input.instructions"))]);
    check_limits(
        "gemini-2.5-flash-preview-tts",
        &[
            (json!({"text": "A", "voice": "Puck", "format": "pcm"}), None),
            (json!({"text": "A", "voice": "alloy"}), Some("input.voice")),
            (json!({"text": "A", "format": "mp3"}), Some("input.format")),
            (json!({"text": "A", "speed": 1.5}), Some("input.speed")),
            (json!({"text": "x".repeat(4097)}), Some("input.text")),
        ],
    );
}

fn heard() -> Transcription {
    serde_json::from_value(json!({"text": "A fox.", "duration": 1.2})).unwrap()
}

fn sound(media_type: &str, more: Value) -> Value {
    let mut input = json!({"audio": format!("data:{media_type};base64,UklGRg==")});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[tokio::test]
async fn each_parameter_of_a_transcription_has_its_place() {
    let mut api = MockAihubmixApi::new();
    api.expect_transcribe_audio().times(1).returning(|request| {
        assert_eq!((&*request.file.name, &*request.file.bytes), ("file.mp3", b"RIFF".as_slice()));
        let expected = json!({"model": "whisper-1", "language": "en", "prompt": "fox", "temperature": 0.5,
            "response_format": "verbose_json", "timestamp_granularities": ["segment"]});
        assert_eq!(wire(&request.options), expected);
        Ok(heard())
    });
    let more = json!({"language": "en", "prompt": "fox", "temperature": 0.5, "timestamps": "segment"});
    let request = media("whisper-1", sound("audio/mpeg", more));
    let outputs = done(provider(api).start(request, context("whisper-1")).await.unwrap());
    let transcript: Transcript = serde_json::from_slice(bytes(&outputs)).unwrap();
    assert_eq!(
        (&*transcript.text, &outputs.quantities),
        ("A fox.", &vec![Quantity::new(Unit::AudioSecond, 2)])
    );
}

#[tokio::test]
async fn a_translation_goes_its_own_way() {
    let mut api = MockAihubmixApi::new();
    api.expect_translate_audio().times(1).returning(|_| Ok(heard()));
    let request = media("whisper-1", sound("audio/wav", json!({"translate": true})));
    provider(api).start(request, context("whisper-1")).await.unwrap();
    check_limits(
        "whisper-1",
        &[
            (sound("audio/wav", json!({"translate": true, "language": "de"})), Some("input.language")),
            (sound("audio/wav", json!({"translate": true, "timestamps": "word"})), Some("input.timestamps")),
        ],
    );
    let timed = sound("audio/wav", json!({"timestamps": "word"}));
    check_limits("whisper-large-v3", &[(timed, Some("input.timestamps"))]);
}

#[tokio::test]
async fn files_that_the_vendor_does_not_read_are_not_sent() {
    for media_type in ["audio/flac", "audio/ogg", "application/pdf"] {
        let request = media("whisper-1", sound(media_type, json!({})));
        let error = provider(MockAihubmixApi::new()).start(request, context("whisper-1")).await.unwrap_err();
        assert_eq!(error.reason, Reason::InvalidRequest);
        assert!(error.message.contains("input.audio") && error.message.contains(media_type), "{error}");
    }
}

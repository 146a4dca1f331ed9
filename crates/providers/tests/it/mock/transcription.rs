//! Transcriptions.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fourfold_domain::{Quantity, Transcript, Unit};
use serde_json::{Value, json};

use super::{made, mock_at, outputs, problem, start};

const MODEL: &str = "mock-transcription";

/// Silence of one second in 8000 samples of 16 bits.
fn silence() -> String {
    let format = [1, 0, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0];
    let wav =
        [b"RIFF\xa4\x3e\0\0WAVEfmt \x10\0\0\0", &format[..], b"data\x80\x3e\0\0", &[0; 16_000]].concat();
    uri("audio/wav", &wav)
}

fn uri(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", BASE64_STANDARD.encode(bytes))
}

async fn heard(input: Value) -> Transcript {
    serde_json::from_slice(&made(MODEL, input).await).unwrap()
}

#[tokio::test]
async fn what_was_said_is_heard_with_its_times() {
    let text = "A red fox, in the snow. It rests!";
    for (speed, seconds) in [(1.0, 2.32), (0.5, 4.64)] {
        let wav = made("mock-speech", json!({"text": text, "speed": speed})).await;
        let heard = heard(json!({"audio": uri("audio/wav", &wav), "timestamps": "word"})).await;
        assert_eq!((heard.text.as_str(), heard.seconds), (text, Some(seconds)));
        let segments: Vec<_> = heard.segments.iter().map(|segment| segment.text.as_str()).collect();
        assert_eq!(segments, ["A red fox, in the snow.", "It rests!"]);
        let words: Vec<_> = heard.words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(words, text.split(' ').collect::<Vec<_>>());
        let times: Vec<_> = heard.words.iter().map(|word| (word.start * speed, word.end * speed)).collect();
        assert_eq!(times[..3], [(0.0, 0.14), (0.2, 0.34), (0.4, 0.54)]);
        assert_eq!((heard.segments[0].start, heard.segments[0].end), (0.0, heard.words[5].end));
        assert_eq!(heard.segments[1].start, heard.words[6].start);
    }
}

#[tokio::test]
async fn times_come_only_where_they_are_asked_for() {
    for (timestamps, segments, words) in [("none", 0, 0), ("segment", 1, 0), ("word", 1, 5)] {
        let heard = heard(json!({"audio": silence(), "timestamps": timestamps})).await;
        assert_eq!((heard.segments.len(), heard.words.len()), (segments, words), "{timestamps}");
    }
}

#[tokio::test]
async fn other_sounds_are_measured() {
    let described = heard(json!({"audio": silence(), "language": "de"})).await;
    assert_eq!((described.text.as_str(), described.seconds), ("A sound of 1.0 seconds.", Some(1.0)));
    assert_eq!(described.language.as_deref(), Some("de"));
    let expected = heard(json!({"audio": silence(), "prompt": "A fox barks."})).await;
    assert_eq!((expected.text.as_str(), expected.language), ("A fox barks.", None));
    // Nothing that can be measured, so by its bytes.
    let mp3 = heard(json!({"audio": uri("audio/mpeg", &[0xff; 24_000])})).await;
    assert_eq!((mp3.text.as_str(), mp3.seconds), ("A sound of 1.5 seconds.", Some(1.5)));
}

#[tokio::test]
async fn begun_seconds_are_charged() {
    for (audio, seconds) in
        [(silence(), 1), (uri("audio/mpeg", &[0xff; 17_000]), 2), (uri("audio/mpeg", b"x"), 1)]
    {
        let outputs = outputs(&mock_at(0), MODEL, json!({"audio": audio})).await;
        assert_eq!(outputs.quantities, [Quantity::new(Unit::AudioSecond, seconds)]);
    }
}

#[tokio::test]
async fn only_sounds_are_listened_to() {
    let error = start(&mock_at(0), MODEL, json!({"audio": uri("image/png", b"PNG")})).await.unwrap_err();
    assert_eq!(error.message, "input.audio must be a sound, not image/png");
}

#[test]
fn a_mistake_names_its_field() {
    let input = |name: &str, value: Value| {
        let mut input = json!({"audio": silence()});
        input[name] = value;
        input
    };
    for (input, words) in [
        (json!({}), "input.audio is required"),
        (input("language", json!("very long")), "input.language must be at most 8 characters"),
        (input("prompt", json!("x".repeat(1025))), "input.prompt must be at most 1024 characters"),
        (input("timestamps", json!("line")), "input.timestamps must be one of none, segment, word"),
        (input("translate", json!(true)), "input.translate is not a parameter"),
    ] {
        let said = problem(MODEL, input);
        assert!(said.starts_with(words), "{said}");
    }
}

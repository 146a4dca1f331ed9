//! Speech.

use fourfold_domain::{Modality, Request, TokenCeilings};
use serde_json::json;

use super::{made, mock_at, outputs, problem};

const MODEL: &str = "mock-speech";
const HEADER_BYTES: usize = 44;

/// The samples of a WAV.
fn samples(wav: &[u8]) -> &[u8] {
    let length = u32::from_le_bytes(wav[40..44].try_into().unwrap()) as usize;
    &wav[HEADER_BYTES..HEADER_BYTES + length]
}

#[tokio::test]
async fn longer_texts_and_slower_speakers_take_longer() {
    let seconds = async |input| samples(&made(MODEL, input).await).len() as f64 / 48_000.0;
    let short = seconds(json!({"text": "A red fox."})).await;
    let long = seconds(json!({"text": "A red fox. A red fox. A red fox."})).await;
    let slow = seconds(json!({"text": "A red fox.", "speed": 0.5})).await;
    assert!((0.5..2.0).contains(&short), "{short}");
    assert!((long - 3.0 * short).abs() < 0.001 && (slow - 2.0 * short).abs() < 0.001, "{long} {slow}");
}

#[tokio::test]
async fn texts_voices_and_speeds_sound_different_and_the_same_ones_the_same() {
    let input = json!({"text": "A red fox.", "voice": "nova", "speed": 1.1});
    let fox = made(MODEL, input.clone()).await;
    assert_eq!(fox, made(MODEL, input.clone()).await);
    for (name, value) in [("text", json!("A red fix.")), ("voice", json!("onyx")), ("speed", json!(1.2))] {
        let mut other = input.clone();
        other[name] = value;
        assert_ne!(samples(&fox), samples(&made(MODEL, other).await), "{name}");
    }
}

#[tokio::test]
async fn pcm_is_the_bare_samples() {
    let mock = mock_at(0);
    let pcm = outputs(&mock, MODEL, json!({"text": "A red fox.", "format": "pcm"})).await;
    assert_eq!(pcm.items[0].media_type, "audio/pcm;rate=24000");
    let pcm = made(MODEL, json!({"text": "A red fox.", "format": "pcm"})).await;
    assert_eq!(samples(&made(MODEL, json!({"text": "A red fox."})).await), pcm);
}

#[tokio::test]
async fn what_is_charged_is_named_as_it_was_held() {
    let input = json!({"text": "Ein Füchslein.", "voice": "echo", "speed": 2});
    let held = Request::parse(Modality::Speech, input.as_object().unwrap().clone()).unwrap();
    let outputs = outputs(&mock_at(0), MODEL, input).await;
    assert_eq!(outputs.quantities, held.quantities_max(&TokenCeilings::default()));
    assert_eq!((&outputs.vendor["voice"], &outputs.vendor["milliseconds"]), (&json!("echo"), &json!(420)));
}

#[test]
fn a_mistake_names_its_field() {
    for (input, words) in [
        (json!({"text": "x".repeat(4097)}), "input.text must be at most 4096 characters"),
        (json!({"text": ""}), "input.text must not be empty"),
        (json!({"text": "x", "voice": "fox"}), "input.voice must be one of alloy, echo"),
        (json!({"text": "x", "format": "mp3"}), "input.format must be one of wav, pcm"),
        (json!({"text": "x", "speed": 0.4}), "input.speed must be from 0.5 to 2"),
        (json!({"text": "x", "instructions": "softly"}), "input.instructions is not a parameter"),
    ] {
        let said = problem(MODEL, input);
        assert!(said.starts_with(words), "{said}");
    }
}

#[tokio::test]
async fn the_longest_text_is_said() {
    let wav = made(MODEL, json!({"text": "fox ".repeat(1024), "speed": 2})).await;
    assert_eq!(samples(&wav).len(), 1024 * 100 * 48);
}

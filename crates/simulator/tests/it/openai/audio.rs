//! Speech, and what is heard in it.

use serde_json::json;

use crate::support::{Answered, Form, decoded, post, post_form, simulator};

const SPEECH: &str = "/openai/v1/audio/speech";
const TRANSCRIPTIONS: &str = "/openai/v1/audio/transcriptions";
const TRANSLATIONS: &str = "/openai/v1/audio/translations";

fn form(model: &str) -> Form {
    Form::new().text("model", model).file("file", "fox.mp3", "audio/mpeg", b"sound")
}

async fn heard(form: Form) -> Answered {
    post_form(&simulator(), TRANSCRIPTIONS, form).await
}

#[tokio::test]
async fn speech_comes_in_every_format() {
    let simulator = simulator();
    for (format, media_type, magic) in [
        ("mp3", "audio/mpeg", &b"\xff\xf3"[..]),
        ("opus", "audio/opus", b"OggS"),
        ("aac", "audio/aac", b"\xff\xf1"),
        ("flac", "audio/flac", b"fLaC"),
        ("wav", "audio/wav", b"RIFF"),
        ("pcm", "audio/pcm", b""),
    ] {
        let asked =
            json!({"model": "tts-1", "input": "Hello there", "voice": "alloy", "response_format": format});
        let answer = post(&simulator, SPEECH, &asked).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, media_type));
        assert!(answer.body.starts_with(magic), "{format}");
        // Its length isn't known before, as at the vendor.
        assert_eq!(answer.header("content-length"), "");
    }
}

#[tokio::test]
async fn speech_as_events_adds_up_to_the_same_sound() {
    let simulator = simulator();
    let mut asked = json!({"model": "gpt-4o-mini-tts", "input": "Hello there", "voice": {"id": "voice_1"}});
    let sound = post(&simulator, SPEECH, &asked).await.body;
    asked["stream_format"] = json!("sse");
    let events = post(&simulator, SPEECH, &asked).await.json_events();
    let (done, deltas) = events.split_last().unwrap();
    assert_eq!((&done["type"], &done["usage"]["input_tokens"]), (&json!("speech.audio.done"), &json!(2)));
    assert_eq!(deltas.iter().flat_map(|delta| decoded(&delta["audio"])).collect::<Vec<_>>(), sound);
}

#[tokio::test]
async fn speech_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (asked, param) in [
        (json!({"model": "tts-1", "voice": "alloy"}), "input"),
        (json!({"model": "tts-1", "voice": "alloy", "input": "a".repeat(4097)}), "input"),
        (json!({"model": "tts-1", "input": "a"}), "voice"),
        (json!({"model": "tts-1", "input": "a", "voice": "bob"}), "voice"),
        (json!({"model": "tts-1", "input": "a", "voice": "ash", "speed": 5}), "speed"),
        (json!({"model": "tts-1", "input": "a", "voice": "ash", "stream_format": "sse"}), "stream_format"),
    ] {
        assert_eq!(post(&simulator, SPEECH, &asked).await.refusal(400)["error"]["param"], param);
    }
}

#[tokio::test]
async fn a_transcription_comes_in_every_format_of_its_model() {
    let text = "This is a simulated transcription of fox.mp3.";
    let with = |model: &str, format: &str| form(model).text("response_format", format);
    let tokens = heard(form("gpt-4o-transcribe")).await.json();
    assert_eq!((&tokens["text"], &tokens["usage"]["type"]), (&json!(text), &json!("tokens")));
    assert_eq!(heard(form("whisper-1")).await.json()["usage"], json!({"type": "duration", "seconds": 4}));
    assert_eq!(heard(with("whisper-1", "text")).await.text(), format!("{text}\n"));
    let srt = format!("1\n00:00:00,000 --> 00:00:04,000\n{text}\n\n");
    assert_eq!(heard(with("whisper-1", "srt")).await.text(), srt);
    let vtt = format!("WEBVTT\n\n00:00:00.000 --> 00:00:04.000\n{text}\n\n");
    assert_eq!(heard(with("whisper-1", "vtt")).await.text(), vtt);
    let words = with("whisper-1", "verbose_json").text("timestamp_granularities[]", "word");
    let verbose = heard(words).await.json();
    assert_eq!(verbose["words"][1], json!({"word": "is", "start": 0.5, "end": 1.0}));
    assert_eq!((&verbose["segments"][0]["text"], &verbose["language"]), (&json!(text), &json!("english")));
    let diarized = heard(with("gpt-4o-transcribe-diarize", "diarized_json")).await.json();
    assert_eq!(diarized["segments"][0]["speaker"], "A");
}

#[tokio::test]
async fn a_streamed_transcription_adds_up() {
    let events = heard(form("gpt-4o-transcribe").text("stream", "true")).await.json_events();
    let (done, deltas) = events.split_last().unwrap();
    assert_eq!(done["type"], "transcript.text.done");
    let text: String = deltas.iter().map(|delta| delta["delta"].as_str().unwrap()).collect();
    assert_eq!(done["text"], text);
    // The oldest model takes no notice of it.
    heard(form("whisper-1").text("stream", "true")).await.json();
}

#[tokio::test]
async fn a_transcription_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    let nameless = Form::new().text("model", "whisper-1").file("file", "sound", "audio/mpeg", b"sound");
    for (form, status, param) in [
        (Form::new().text("model", "whisper-1"), 400, "file"),
        (nameless, 400, "file"),
        (form("tts-1"), 404, "model"),
        (form("gpt-4o-transcribe").text("response_format", "srt"), 400, "response_format"),
        (form("whisper-1").text("temperature", "warm"), 400, "temperature"),
        (form("whisper-1").text("timestamp_granularities[]", "word"), 400, "timestamp_granularities"),
    ] {
        let error = post_form(&simulator, TRANSCRIPTIONS, form).await.refusal(status);
        assert_eq!(error["error"]["param"], param, "{error}");
    }
    post(&simulator, TRANSCRIPTIONS, &json!({"model": "whisper-1"})).await.refusal(400);
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn only_the_oldest_model_translates() {
    let simulator = simulator();
    post_form(&simulator, TRANSLATIONS, form("whisper-1")).await.json();
    post_form(&simulator, TRANSLATIONS, form("gpt-4o-transcribe")).await.refusal(400);
}

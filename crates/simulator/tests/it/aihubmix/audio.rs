//! Speech, and what is heard in it.

use serde_json::json;

use super::message;
use crate::support::{Form, post, post_form, simulator};

const SPEECH: &str = "/aihubmix/v1/audio/speech";
const TRANSCRIPTIONS: &str = "/aihubmix/v1/audio/transcriptions";
const TRANSLATIONS: &str = "/aihubmix/v1/audio/translations";

fn form(model: &str, file: &str) -> Form {
    Form::new().text("model", model).file("file", file, "audio/mpeg", b"sound")
}

#[tokio::test]
async fn openais_models_speak_in_every_format() {
    let simulator = simulator();
    for (format, media_type) in [("mp3", "audio/mpeg"), ("opus", "audio/opus"), ("pcm", "audio/pcm")] {
        let asked = json!({"model": "tts-1", "input": "Hi", "voice": "alloy", "response_format": format});
        assert_eq!(post(&simulator, SPEECH, &asked).await.header("content-type"), media_type);
    }
    assert_eq!(simulator.counts().paid_tasks, 3);
}

#[tokio::test]
async fn geminis_models_speak_in_samples() {
    let simulator = simulator();
    for (format, media_type) in [("wav", "audio/wav"), ("pcm", "audio/pcm"), ("mp3", "audio/wav")] {
        let model = "gemini-2.5-flash-preview-tts";
        let asked = json!({"model": model, "input": "Hi", "voice": "Kore", "response_format": format});
        let sound = post(&simulator, SPEECH, &asked).await;
        assert_eq!((sound.status.as_u16(), sound.header("content-type")), (200, media_type));
    }
}

#[tokio::test]
async fn speech_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for model in ["tts-1", "gemini-2.5-pro-preview-tts"] {
        let long = json!({"model": model, "input": "a".repeat(4097), "voice": "alloy"});
        assert_eq!(post(&simulator, SPEECH, &long).await.refusal(400)["error"]["code"], "text_too_long");
        post(&simulator, SPEECH, &json!({"model": model, "input": "a"})).await.refusal(400);
        post(&simulator, SPEECH, &json!({"model": model, "voice": "alloy"})).await.refusal(400);
    }
    for asked in [
        json!({"model": "tts-1", "input": "a", "voice": "Kore"}),
        json!({"model": "tts-1", "input": "a", "voice": "alloy", "response_format": "ogg"}),
        json!({"model": "tts-1", "input": "a", "voice": "alloy", "speed": 5}),
    ] {
        post(&simulator, SPEECH, &asked).await.refusal(400);
    }
    for model in ["gpt-4o", "gemini-3.8-flash"] {
        post(&simulator, SPEECH, &json!({"model": model, "input": "a", "voice": "alloy"})).await.refusal(503);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn a_transcription_comes_in_every_format_of_its_model() {
    let simulator = simulator();
    let text = "This is a simulated transcription of fox.mp3.";
    for model in ["whisper-1", "whisper-large-v3", "distil-whisper-large-v3-en"] {
        let plain = form(model, "fox.mp3").text("response_format", "text");
        assert_eq!(post_form(&simulator, TRANSCRIPTIONS, plain).await.text(), format!("{text}\n"));
        let verbose = form(model, "fox.mp3").text("response_format", "verbose_json");
        let verbose = post_form(&simulator, TRANSCRIPTIONS, verbose).await.json();
        assert_eq!((&verbose["text"], &verbose["usage"]["type"]), (&json!(text), &json!("duration")));
    }
    let tokens = post_form(&simulator, TRANSCRIPTIONS, form("gpt-4o-transcribe", "fox.mp3")).await.json();
    assert_eq!((&tokens["text"], &tokens["usage"]["type"]), (&json!(text), &json!("tokens")));
    assert_eq!(simulator.counts().paid_tasks, 7);
}

#[tokio::test]
async fn a_file_has_a_name_that_tells_its_kind() {
    let simulator = simulator();
    for name in ["sound", "sound.flac", "sound.ogg"] {
        let error = post_form(&simulator, TRANSCRIPTIONS, form("whisper-1", name)).await.refusal(400);
        assert!(message(&error).starts_with(&format!("file '{name}'")), "{error}");
    }
    let nothing = Form::new().text("model", "whisper-1");
    post_form(&simulator, TRANSCRIPTIONS, nothing).await.refusal(400);
    post(&simulator, TRANSCRIPTIONS, &json!({"model": "whisper-1"})).await.refusal(400);
    post_form(&simulator, TRANSCRIPTIONS, form("tts-1", "fox.mp3")).await.refusal(503);
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn only_the_oldest_model_translates() {
    let simulator = simulator();
    post_form(&simulator, TRANSLATIONS, form("whisper-1", "fox.mp3")).await.json();
    post_form(&simulator, TRANSLATIONS, form("gpt-4o-transcribe", "fox.mp3")).await.refusal(400);
    assert_eq!(simulator.counts().paid_tasks, 1);
}

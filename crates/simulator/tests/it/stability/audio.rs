//! v2beta sound.

use serde_json::Value;

use super::{get_accepting, post_accepting};
use crate::support::{Form, decoded, post_form, simulator};

const AUDIO: &str = "/stability/v2beta/audio";

fn prompt() -> Form {
    Form::new().text("prompt", "rain").text("duration", "2")
}

#[tokio::test]
async fn the_older_model_answers_at_once() {
    let simulator = simulator();
    let path = format!("{AUDIO}/stable-audio-2/text-to-audio");
    let sound = post_accepting(&simulator, &path, "audio/*", prompt()).await;
    assert_eq!((sound.header("content-type"), sound.header("finish-reason")), ("audio/mpeg", "SUCCESS"));
    let json = post_accepting(&simulator, &path, "application/json", prompt()).await;
    let json: Value = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(decoded(&json["audio"]), sound.body);
    for kind in ["audio-to-audio", "inpaint"] {
        let path = format!("{AUDIO}/stable-audio-2/{kind}");
        post_form(&simulator, &path, prompt()).await.refusal(400);
        let form = prompt().text("output_format", "wav").file("audio", "a.mp3", "audio/mpeg", b"sound");
        assert!(post_form(&simulator, &path, form).await.body.starts_with(b"RIFF"), "{kind}");
    }
}

#[tokio::test]
async fn the_newer_model_takes_a_while() {
    let simulator = simulator();
    for kind in ["text-to-audio", "audio-to-audio"] {
        let form = prompt().file("audio", "a.mp3", "audio/mpeg", b"sound");
        let started = post_form(&simulator, &format!("{AUDIO}/stable-audio/{kind}"), form).await.refusal(202);
        let id = started["id"].as_str().unwrap();
        let sound = get_accepting(&simulator, &format!("{AUDIO}/results/{id}"), "audio/*").await;
        assert_eq!((sound.status.as_u16(), sound.header("content-type")), (200, "audio/mpeg"));
    }
}

#[tokio::test]
async fn sound_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (model, form, field) in [
        ("stable-audio-2", Form::new(), "prompt"),
        ("stable-audio-2", Form::new().text("prompt", "a").text("duration", "191"), "duration"),
        ("stable-audio-2", prompt().text("model", "stable-audio-3"), "model"),
        ("stable-audio", prompt().text("output_format", "flac"), "output_format"),
    ] {
        let error = post_form(&simulator, &format!("{AUDIO}/{model}/text-to-audio"), form).await.refusal(400);
        let problem = &error["errors"][0];
        assert!(problem.as_str().unwrap().starts_with(field), "{problem}");
    }
}

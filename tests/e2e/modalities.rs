//! Jobs of every modality, with the mock as their vendor.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::support::{Api, Home, ended, read_books};

/// Runs a job to its success, and gives what it made and what it cost.
async fn made(caller: &Api, model: &str, input: Value) -> (Vec<u8>, Value) {
    let job = caller.submitted(&json!({"model": model, "input": input})).await;
    let job = ended(caller, &job).await;
    assert_eq!(job["state"], "succeeded", "{job}");
    let path = format!("/api/v1/jobs/{}/artifacts/0", job["id"].as_str().unwrap());
    let answer = caller.get(&path).send().await;
    assert_eq!(answer.header("content-type"), job["artifacts"][0]["media_type"].as_str().unwrap());
    (answer.bytes.to_vec(), job["credits"]["charged"].clone())
}

#[tokio::test]
async fn every_modality_is_made_stored_and_charged_at_once_and_as_a_task() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "20").await;
    let mut jobs = 0;
    for manner in ["", "-slow"] {
        let make = async |kind: &str, input| made(&caller, &format!("mock-{kind}{manner}"), input).await;
        let (video, charged) = make("video", json!({"prompt": "a fox", "size": "64x64", "seconds": 2})).await;
        assert_eq!((&video[4..8], charged), (&b"ftyp"[..], json!("0.04")));

        let (speech, charged) = make("speech", json!({"text": "A fox."})).await;
        assert_eq!((&speech[8..12], charged), (&b"WAVE"[..], json!("0.00009")));

        let audio = format!("data:audio/wav;base64,{}", BASE64_STANDARD.encode(&speech));
        let (heard, charged) = make("transcription", json!({"audio": audio, "timestamps": "word"})).await;
        let heard: Value = serde_json::from_slice(&heard).unwrap();
        assert_eq!((&heard["text"], heard["words"].as_array().unwrap().len()), (&json!("A fox."), 2));
        assert_eq!(charged, "0.0001");

        let said = json!([{"role": "user", "content": "a fox"}]);
        let (chat, charged) = make("chat", json!({"messages": said, "temperature": 0})).await;
        let chat: Value = serde_json::from_slice(&chat).unwrap();
        assert_eq!(chat["answers"][0]["text"], "You said: a fox");
        assert_ne!(charged, "0");

        let (embedding, charged) = make("embedding", json!({"texts": "a fox"})).await;
        let embedding: Value = serde_json::from_slice(&embedding).unwrap();
        assert_eq!(embedding["vectors"][0].as_array().unwrap().len(), 256);
        assert_ne!(charged, "0");
        jobs += 5;
    }
    assert_eq!(read_books(&home, &caller).await.jobs.len(), jobs);
}

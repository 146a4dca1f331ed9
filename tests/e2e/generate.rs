//! `fourfold generate`: from a prompt to a file.

use std::fs;

use serde_json::json;

use crate::support::{Home, read_books, sha256};

#[tokio::test]
async fn generate_asks_the_server_that_is_named() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let key = server.admin.key(&json!({"kind": "service"})).await;
    let url = format!("http://{}", server.address);
    let asking = [("FOURFOLD_URL", url.as_str()), ("FOURFOLD_API_KEY", key.as_str())];

    let arguments = [
        "generate",
        "a red fox",
        "--model",
        "mock-image-slow",
        "--user",
        "u1",
        "-o",
        "fox.png",
        "--input",
        "size=64x64",
        "--input",
        "n=2",
    ];
    let said = home.process(&arguments, &asking).ended().await.output();
    assert!(said.contains("fox-0.png (image/png, ") && said.ends_with("0.08 credits were charged"), "{said}");

    let caller = server.admin.user("u1");
    let job = caller.read("/api/v1/jobs").await["data"][0].clone();
    for (index, name) in ["fox-0.png", "fox-1.png"].into_iter().enumerate() {
        let saved = fs::read(home.path().join(name)).unwrap();
        assert_eq!(sha256(&saved), job["artifacts"][index]["sha256"]);
    }
    read_books(&home, &caller).await;

    for (arguments, word) in [
        (["generate", "a fox", "--model", "mock-none"], "mock-none"),
        (["generate", "a fox", "--input", "size=1x1"], "size"),
        (["generate", "a fox", "--user", "poor"], "credits"),
        (["generate", "a fox", "--model", "mock-image-fail"], "failed"),
    ] {
        let mut arguments = arguments.to_vec();
        if !arguments.contains(&"--user") {
            arguments.extend(["--user", "u1"]);
        }
        let said = home.process(&arguments, &asking).ended().await.complaint();
        assert!(said.contains(word), "{word}: {said}");
    }
    let said = home.process(&["generate", "a fox"], &asking[..1]).ended().await.complaint();
    assert!(said.contains("FOURFOLD_API_KEY"), "{said}");
}

#[tokio::test]
async fn generate_without_a_server_starts_one_in_process() {
    let home = Home::new();
    let said = home.command(&["generate", "a red fox", "--model", "mock-image-slow", "-o", "fox.png"]).await;
    assert!(said.output().contains("fox.png (image/png"), "{said:?}");
    assert!(fs::read(home.path().join("fox.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(!home.data_dir().exists(), "it leaves nothing else behind");
}

/// From the command line alone: a video, speech, and what was said in it.
#[tokio::test]
async fn generate_makes_media_of_every_kind() {
    let home = Home::new();
    let video =
        ["generate", "a red fox", "--model", "mock-video-slow", "-o", "fox.mp4", "--input", "seconds=1"];
    let said = home.command(&[&video[..], &["--input", "size=64x64"]].concat()).await.output();
    assert!(said.contains("fox.mp4 (video/mp4"), "{said}");
    let film = fs::read(home.path().join("fox.mp4")).unwrap();
    assert_eq!(&film[4..8], b"ftyp");

    let speech = ["generate", "The red fox sleeps.", "--model", "mock-speech", "-o", "fox.wav"];
    let said = home.command(&speech).await.output();
    assert!(said.contains("fox.wav (audio/wav"), "{said}");

    let heard = ["generate", "--model", "mock-transcription", "--input", "audio=@fox.wav", "-o", "fox.json"];
    home.command(&heard).await.output();
    let heard: serde_json::Value =
        serde_json::from_slice(&fs::read(home.path().join("fox.json")).unwrap()).unwrap();
    assert_eq!(heard["text"], "The red fox sleeps.");

    let chat = ["generate", "Where do foxes sleep?", "--model", "mock-chat", "-o", "answer.json"];
    home.command(&chat).await.output();
    let answer: serde_json::Value =
        serde_json::from_slice(&fs::read(home.path().join("answer.json")).unwrap()).unwrap();
    assert!(!answer["answers"][0]["text"].as_str().unwrap().is_empty(), "{answer}");

    let missing = ["generate", "--model", "mock-transcription", "--input", "audio=@none.wav"];
    let said = home.command(&missing).await.complaint();
    assert!(said.contains("audio=@none.wav"), "{said}");
}

//! Pictures, speech, transcriptions and videos over OpenAI's wire, by the binary: each route's way to its result.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::{Value, json};

use crate::support::{Answer, Api, Home, ended, eventually, is_clean, read_books};
use crate::vendors::home;

const WITHIN: Duration = Duration::from_secs(30);

/// A part of a form: its name, the name of its file if it is one, and its bytes.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

async fn post(api: &Api, path: &str, key: Option<&str>, parts: &[Part<'_>]) -> Answer {
    // A boundary of its own each time, as the SDKs have.
    let boundary = uuid::Uuid::now_v7().simple().to_string();
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        body.extend(
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes(),
        );
        body.extend([bytes, &b"\r\n"[..]].concat());
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    let ask = api.ask("POST", path).bytes(&format!("multipart/form-data; boundary={boundary}"), body);
    match key {
        Some(key) => ask.header("idempotency-key", key).send().await,
        None => ask.send().await,
    }
}

fn bytes(picture: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(picture["b64_json"].as_str().unwrap()).unwrap()
}

async fn spoken(caller: &Api, text: &str) -> Vec<u8> {
    let asked = json!({"model": "mock-speech", "input": text, "response_format": "wav"});
    let spoken = caller.post("/v1/audio/speech", &asked).send().await;
    assert_eq!((spoken.status, spoken.header("content-type")), (200, "audio/wav"), "{}", spoken.text());
    spoken.bytes
}

#[tokio::test]
async fn speech_is_heard_while_it_is_spoken_paid_once_and_free_where_it_breaks_off() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let asked = |model: &str| json!({"model": model, "input": "A fox.", "response_format": "wav"});
    let ask = || caller.post("/v1/audio/speech", &asked("mock-speech")).header("idempotency-key", "k1");
    let first = ask().send().await;
    assert_eq!((first.status, first.header("content-type")), (200, "audio/wav"), "{}", first.text());
    assert_eq!((first.header("fourfold-provider"), &first.bytes[8..12]), ("mock", &b"WAVE"[..]));
    let again = ask().send().await;
    assert_eq!((again.header("content-type"), &again.bytes), ("audio/wav", &first.bytes));
    // Six characters at 0.015 credits a thousand.
    assert_eq!(caller.read("/api/v1/credits").await["available"], "9.99991");
    let broken = caller.post("/v1/audio/speech", &asked("mock-speech-fail")).try_send().await;
    assert!(broken.is_err(), "what broke off was taken for whole");
    let credits = caller.read("/api/v1/credits").await;
    assert_eq!((&credits["available"], &credits["held"]), (&json!("9.99991"), &json!("0")));
    assert_eq!(caller.read_all("/api/v1/jobs").await, Vec::<Value>::new(), "a call is no job");
    is_clean(&home).await;
}

#[tokio::test]
async fn pictures_are_drawn_and_changed_and_paid_once() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    for model in ["mock-image", "mock-image-slow"] {
        let asked = json!({"model": model, "prompt": "a fox", "size": "64x64", "n": 2});
        let ask = || caller.post("/v1/images/generations", &asked).header("idempotency-key", model);
        let drawn = ask().send().await;
        assert_eq!(drawn.header("fourfold-provider"), "mock");
        let pictures = drawn.json(200)["data"].as_array().unwrap().clone();
        assert_eq!(pictures.len(), 2);
        assert!(pictures.iter().all(|picture| bytes(picture).starts_with(b"\x89PNG")));
        assert_eq!(ask().send().await.bytes, drawn.bytes, "the same again");

        let picture = bytes(&pictures[0]);
        let parts: [Part<'_>; 5] = [
            ("model", None, model.as_bytes()),
            ("prompt", None, b"a red fox"),
            ("size", None, b"64x64"),
            ("response_format", None, b"url"),
            ("image", Some("fox.png"), &picture),
        ];
        let key = format!("edit-{model}");
        let changed = post(&caller, "/v1/images/edits", Some(&key), &parts).await.json(200);
        let url = changed["data"][0]["url"].as_str().unwrap();
        let path = format!("/files/{}", url.rsplit('/').next().unwrap());
        let changed = server.admin.nobody().get(&path).send().await.bytes;
        assert!(changed.starts_with(b"\x89PNG") && changed != picture);
        post(&caller, "/v1/images/edits", Some(&key), &parts).await.json(200);
    }
    // Two of two, and two of one.
    assert_eq!(caller.read("/api/v1/credits").await["available"], "9.76");
    assert_eq!(caller.read_all("/api/v1/files").await.len(), 2, "what was sent twice is kept once");
    let failed = json!({"model": "mock-image-fail", "prompt": "a fox"});
    let failed = caller.post("/v1/images/generations", &failed).send().await;
    assert_eq!(failed.refuses(502, "vendor_failed")["type"], "api_error");
    assert_eq!(read_books(&home, &caller).await.jobs.len(), 5);
    is_clean(&home).await;
}

#[tokio::test]
async fn who_leaves_after_the_vendor_was_asked_leaves_the_job_running() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "10m");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let asked = json!({"model": "mock-image-slow", "prompt": "a fox", "size": "64x64"});
    let asking = caller.post("/v1/images/generations", &asked).try_send();
    let running = async {
        let is_running = async || {
            let jobs = caller.read_all("/api/v1/jobs").await;
            jobs.first().filter(|job| job["state"] == "running").cloned()
        };
        eventually("the job runs", WITHIN, is_running).await
    };
    let job = tokio::select! {
        job = running => job,
        answer = asking => panic!("it was answered: {answer:?}"),
    };
    // The connection is gone; what runs goes on, with its hold.
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(caller.read("/api/v1/credits").await["held"], "0.04");
    assert_eq!(caller.read(&path).await["state"], "running");
    caller.ask("POST", &format!("{path}/cancel")).send().await.json(202);
    ended(&caller, &job).await;
    is_clean(&home).await;
}

#[tokio::test]
async fn a_sound_is_written_down_in_each_format() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let sound = spoken(&caller, "A fox runs. It sleeps.").await;
    let transcribe = async |model: &str, fields: &[Part<'_>]| {
        let file: [Part<'_>; 2] = [("file", Some("fox.wav"), &sound), ("model", None, model.as_bytes())];
        let answer = post(&caller, "/v1/audio/transcriptions", None, &[&file, fields].concat()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    };
    let json = transcribe("mock-transcription", &[]).await.json(200);
    assert_eq!(
        (&json["text"], &json["usage"]["type"]),
        (&json!("A fox runs. It sleeps."), &json!("duration"))
    );
    let text = transcribe("mock-transcription-slow", &[("response_format", None, b"text")]).await;
    assert_eq!(text.text(), "A fox runs. It sleeps.\n");
    let srt = transcribe("mock-transcription", &[("response_format", None, b"srt")]).await.text();
    assert!(srt.starts_with("1\n00:00:00,000 --> 00:00:0") && srt.contains("\n\n2\n"), "{srt}");
    let vtt = transcribe("mock-transcription", &[("response_format", None, b"vtt")]).await.text();
    assert!(vtt.starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:0"), "{vtt}");
    let verbose: [Part<'_>; 2] =
        [("response_format", None, b"verbose_json"), ("timestamp_granularities[]", None, b"word")];
    let verbose = transcribe("mock-transcription", &verbose).await.json(200);
    assert_eq!(
        (&verbose["task"], &verbose["segments"][1]["text"]),
        (&json!("transcribe"), &json!("It sleeps."))
    );
    assert_eq!(
        (verbose["words"].as_array().unwrap().len(), &verbose["words"][1]["word"]),
        (5, &json!("fox"))
    );
    is_clean(&home).await;
}

#[tokio::test]
async fn a_video_is_made_read_in_parts_and_deleted_for_good() {
    let home = Home::new();
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let picture = json!({"model": "mock-image", "prompt": "a fox", "size": "64x64"});
    let picture = bytes(&caller.post("/v1/images/generations", &picture).send().await.json(200)["data"][0]);
    let parts: [Part<'_>; 5] = [
        ("model", None, b"mock-video-slow"),
        ("prompt", None, b"a fox"),
        ("seconds", None, b"2"),
        ("size", None, b"64x64"),
        ("input_reference", Some("fox.png"), &picture),
    ];
    let video = post(&caller, "/v1/videos", Some("v1"), &parts).await.json(200);
    assert_eq!((&video["object"], &video["seconds"]), (&json!("video"), &json!("2")));
    let id = video["id"].as_str().unwrap().to_owned();
    assert_eq!(post(&caller, "/v1/videos", Some("v1"), &parts).await.json(200)["id"], id.as_str());
    let path = format!("/v1/videos/{id}");
    let is_completed = async || {
        let video = caller.read(&path).await;
        assert_ne!(video["status"], "failed", "{video}");
        (video["status"] == "completed").then_some(video)
    };
    let video = eventually("the video is completed", WITHIN, is_completed).await;
    assert_eq!((&video["progress"], video["completed_at"].is_i64()), (&json!(100), true));

    let content = format!("{path}/content");
    let whole = caller.get(&content).header("accept", "application/binary").send().await;
    assert_eq!((whole.status, whole.header("content-type")), (200, "video/mp4"));
    assert_eq!(&whole.bytes[4..8], b"ftyp");
    let part = caller.get(&content).header("range", "bytes=4-7").send().await;
    assert_eq!((part.status, part.bytes.as_slice()), (206, &b"ftyp"[..]));
    let by_json = json!({"model": "mock-video-fail", "prompt": "a fox", "size": "64x64", "seconds": "2"});
    let failing = caller.post("/v1/videos", &by_json).send().await.json(200);
    let failing_path = format!("/v1/videos/{}", failing["id"].as_str().unwrap());
    let has_failed = async || {
        let video = caller.read(&failing_path).await;
        (video["status"] == "failed").then_some(video)
    };
    let failed = eventually("the video has failed", WITHIN, has_failed).await;
    assert!(failed["error"]["code"].is_string() && failed["error"]["message"].is_string(), "{failed}");
    let listed = caller.read("/v1/videos?order=asc").await;
    assert_eq!((&listed["data"], &listed["has_more"]), (&json!([video, failed]), &json!(false)));

    assert_eq!(caller.ask("DELETE", &path).send().await.json(200)["deleted"], true);
    server.kill().await;
    let server = home.start().await;
    let caller = server.admin.user("u1");
    for path in [&path, &content] {
        caller.get(path).send().await.refuses(404, "not_found");
    }
    assert_eq!(caller.read("/v1/videos").await["data"], json!([failed]));
    let job = caller.read(&format!("/api/v1/jobs/{id}")).await;
    assert_eq!((&job["state"], &job["credits"]["charged"]), (&json!("succeeded"), &json!("0.04")), "{job}");
    assert!(job["artifacts"][0]["removed_at"].is_string(), "{job}");
    is_clean(&home).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_of_the_same_wire_is_paid_once_for_each() {
    let simulator = Simulator::start(SimulatorSettings::default());
    let home = home(&simulator);
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "1000").await;
    let asked = json!({"model": "gpt-image-2", "prompt": "a fox", "background": "opaque", "output_format": "webp",
        "size": "auto", "quality": "low", "user": "somebody"});
    for _same in 0..2 {
        let ask = caller.post("/v1/images/generations", &asked).header("idempotency-key", "k1");
        let drawn = ask.send().await.json(200);
        assert!(bytes(&drawn["data"][0]).starts_with(b"RIFF"), "{}", drawn["output_format"]);
        assert_eq!((&drawn["output_format"], &drawn["quality"]), (&json!("webp"), &json!("low")));
        assert!(drawn["usage"]["output_tokens"].is_u64(), "{}", drawn["usage"]);
    }
    assert_eq!(simulator.paid_tasks().len(), 1);
    // A call's entries are no job's, so another one has it said.
    server.admin.grant("u2", "1").await;
    let sound = spoken(&server.admin.user("u2"), "A fox runs.").await;
    for (model, format, field) in [
        ("whisper-1", "verbose_json", "segments"),
        ("gpt-4o-transcribe", "json", "usage"),
        ("gpt-4o-transcribe-diarize", "diarized_json", "segments"),
    ] {
        let parts: [Part<'_>; 3] = [
            ("file", Some("fox.wav"), &sound),
            ("model", None, model.as_bytes()),
            ("response_format", None, format.as_bytes()),
        ];
        for _same in 0..2 {
            let heard = post(&caller, "/v1/audio/transcriptions", Some(model), &parts).await.json(200);
            assert!(heard["text"].is_string() && !heard[field].is_null(), "{model}: {heard}");
        }
    }
    assert_eq!(simulator.paid_tasks().len(), 4);
    read_books(&home, &caller).await;
    is_clean(&home).await;
}

//! Transcriptions over OpenAI's wire, in each of its formats.

use fourfold_domain::{Outputs, Quantity, Started, Unit};
use http::Method;
use serde_json::{Value, json};

use super::images::answered;
use crate::support::{Answer, Ask, House, outputs, part, text_part};

const PATH: &str = "/v1/audio/transcriptions";

/// What the vendor hears, as it is written down.
fn heard(transcript: &Value) -> Outputs {
    let quantities = vec![Quantity::new(Unit::AudioSecond, 3)];
    Outputs { quantities, ..outputs(&[("application/json", &transcript.to_string())]) }
}

fn timed() -> Value {
    json!({
        "text": "A fox runs. It sleeps.", "language": "english", "seconds": 2.5,
        "segments": [
            {"text": "A fox runs.", "start": 0.0, "end": 1.25},
            {"text": "It sleeps.", "start": 1.25, "end": 2.5},
        ],
        "words": [{"text": "A", "start": 0.0, "end": 0.5}],
    })
}

fn ask<'a>(house: &'a House, model: &str, fields: &[(&str, &str)]) -> Ask<'a> {
    let mut parts = vec![part("file", "audio/wav", "RIFF....WAVEfmt a fox"), text_part("model", model)];
    parts.extend(fields.iter().map(|(name, text)| text_part(name, text)));
    house.ask(Method::POST, PATH).form(&parts).by("u1")
}

async fn listened(fields: &[(&str, &str)], transcript: &Value) -> (House, Answer) {
    let house = House::new().await;
    house.vendor.will_start(Ok(Started::Done(heard(transcript))));
    let answer = answered(&house, ask(&house, "listen", fields)).await;
    (house, answer)
}

#[tokio::test]
async fn a_text_is_told_charged_and_listed() {
    let (house, answer) = listened(&[("language", "en"), ("temperature", "0.5")], &timed()).await;
    assert_eq!((answer.status, answer.header("fourfold-provider")), (200, Some("acme")));
    let usage = json!({"type": "duration", "seconds": 2.5});
    assert_eq!(answer.json(), json!({"text": "A fox runs. It sleeps.", "usage": usage}));
    let jobs = house.get("/api/v1/jobs").by("u1").ok(200).await;
    assert_eq!(jobs["data"][0]["output"]["text"], "A fox runs. It sleeps.", "{jobs}");
    assert_eq!(jobs["data"][0]["credits"]["charged"], "0.001", "{jobs}");
    let id = jobs["data"][0]["id"].as_str().unwrap();
    let input = house.get(&format!("/api/v1/jobs/{id}")).by("u1").ok(200).await["input"].clone();
    assert_eq!((&input["language"], &input["temperature"]), (&json!("en"), &json!(0.5)));
    let files = house.get("/api/v1/files").by("u1").ok(200).await;
    assert_eq!(input["audio"], format!("file:{}", files["data"][0]["id"].as_str().unwrap()));
}

#[tokio::test]
async fn each_format_is_written_as_openai_writes_it() {
    for (format, expected) in [
        ("text", "A fox runs. It sleeps.\n"),
        (
            "srt",
            "1\n00:00:00,000 --> 00:00:01,250\nA fox runs.\n\n2\n00:00:01,250 --> 00:00:02,500\nIt sleeps.\n\n",
        ),
        (
            "vtt",
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nA fox runs.\n\n00:00:01.250 --> 00:00:02.500\nIt sleeps.\n\n",
        ),
    ] {
        let (_house, answer) = listened(&[("response_format", format)], &timed()).await;
        assert_eq!(answer.text(), expected, "{format}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{format}");
    }
    let fields = [
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
    ];
    let (house, answer) = listened(&fields, &timed()).await;
    let verbose = answer.json();
    assert_eq!((&verbose["task"], &verbose["language"]), (&json!("transcribe"), &json!("english")));
    assert_eq!((&verbose["duration"], &verbose["words"][0]["word"]), (&json!(2.5), &json!("A")));
    let segment = &verbose["segments"][1];
    assert_eq!((&segment["id"], &segment["start"], &segment["end"]), (&json!(1), &json!(1.25), &json!(2.5)));
    assert_eq!((&segment["text"], &segment["tokens"]), (&json!("It sleeps."), &Value::Null));
    let job = house.get("/api/v1/jobs").by("u1").ok(200).await["data"][0]["id"].as_str().unwrap().to_owned();
    let job = house.get(&format!("/api/v1/jobs/{job}")).by("u1").ok(200).await;
    assert_eq!(job["input"]["timestamps"], "word");
}

#[tokio::test]
async fn speakers_are_told_apart_where_the_model_can() {
    let said = json!({"text": "Hm. Yes.", "seconds": 2.0, "segments": [
        {"text": "Hm.", "start": 0.0, "end": 1.0, "speaker": "A"},
        {"text": "Yes.", "start": 1.0, "end": 2.0, "speaker": "B"},
    ]});
    let fields = [("response_format", "diarized_json"), ("chunking_strategy", "auto")];
    let (house, answer) = listened(&fields, &said).await;
    let turn = |id: &str, speaker: &str, text: &str, start: f64| {
        json!({"type": "transcript.text.segment", "id": id, "speaker": speaker, "text": text, "start": start,
            "end": start + 1.0})
    };
    let usage = json!({"type": "duration", "seconds": 2.0});
    let segments = json!([turn("seg_0", "A", "Hm.", 0.0), turn("seg_1", "B", "Yes.", 1.0)]);
    let expected = json!({"task": "transcribe", "duration": 2.0, "text": "Hm. Yes.", "segments": segments, "usage": usage});
    assert_eq!(answer.json(), expected);
    let job = house.get("/api/v1/jobs").by("u1").ok(200).await["data"][0]["id"].as_str().unwrap().to_owned();
    let job = house.get(&format!("/api/v1/jobs/{job}")).by("u1").ok(200).await;
    assert_eq!(job["input"]["speakers"], true);
}

#[tokio::test]
async fn a_long_text_is_read_from_the_store() {
    let long = "fox ".repeat(10_000);
    let (_house, answer) = listened(&[("response_format", "text")], &json!({"text": long})).await;
    assert_eq!(answer.text(), format!("{long}\n"));
}

#[tokio::test]
async fn where_the_vendor_tells_no_times_the_error_names_the_job() {
    let (house, answer) = listened(&[("response_format", "srt")], &json!({"text": "A fox runs."})).await;
    assert_eq!((answer.status, answer.code().as_deref()), (502, Some("vendor_failed")), "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    let job = answer.json()["error"]["job_id"].as_str().unwrap().to_owned();
    assert_eq!(house.get(&format!("/api/v1/jobs/{job}")).by("u1").ok(200).await["state"], "succeeded");
    let (_house, silence) = listened(&[("response_format", "srt")], &json!({"text": ""})).await;
    assert_eq!((silence.status, silence.text()), (200, String::new()));
}

/// The model and the fields; the status, the code and the field that is wrong.
type Refused = (&'static str, &'static [(&'static str, &'static str)], u16, &'static str, &'static str);

#[tokio::test]
async fn what_is_not_offered_is_refused_and_leaves_no_file() {
    let house = House::new().await;
    let table: [Refused; 12] = [
        ("", &[], 400, "malformed", "model"),
        ("nobody", &[], 404, "unknown_model", "model"),
        ("talk", &[], 422, "invalid_parameter", "model"),
        ("skim", &[("response_format", "srt")], 422, "invalid_parameter", "response_format"),
        ("skim", &[("response_format", "verbose_json")], 422, "invalid_parameter", "response_format"),
        ("skim", &[("response_format", "diarized_json")], 422, "invalid_parameter", "response_format"),
        ("listen", &[("response_format", "pdf")], 422, "invalid_parameter", "response_format"),
        (
            "listen",
            &[("timestamp_granularities[]", "word")],
            422,
            "invalid_parameter",
            "timestamp_granularities",
        ),
        (
            "listen",
            &[("response_format", "verbose_json"), ("timestamp_granularities[]", "hour")],
            422,
            "invalid_parameter",
            "timestamp_granularities",
        ),
        ("listen", &[("stream", "true")], 422, "invalid_parameter", "stream"),
        ("listen", &[("temperature", "2")], 422, "invalid_parameter", "temperature"),
        ("listen", &[("chunking_strategy", "auto")], 422, "invalid_parameter", "chunking_strategy"),
    ];
    for (model, fields, status, code, param) in table {
        ask(&house, model, fields).check(status, code, Some(param)).await;
    }
    let bare = house.ask(Method::POST, PATH).form(&[text_part("model", "listen")]).by("u1");
    bare.check(400, "malformed", Some("file")).await;
    assert_eq!(house.get("/api/v1/files").by("u1").ok(200).await["data"], json!([]));
}

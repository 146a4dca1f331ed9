//! Speech over OpenAI's wire.

use fourfold_domain::{Outputs, Quantity, Started, Unit};
use serde_json::{Value, json};

use super::images::answered;
use crate::support::{House, outputs};

const PATH: &str = "/v1/audio/speech";

fn fox() -> Value {
    json!({"model": "speak", "input": "A fox.", "voice": "alloy"})
}

fn spoken() -> Outputs {
    Outputs { quantities: vec![Quantity::new(Unit::Character, 6)], ..outputs(&[("audio/wav", "a sound")]) }
}

#[tokio::test]
async fn a_text_is_spoken_charged_and_listed_and_again_the_same() {
    let house = House::new().await;
    house.vendor.will_start(Ok(Started::Done(spoken())));
    let mut body = fox();
    (body["voice"], body["response_format"]) = (json!({"id": "alloy"}), json!("wav"));
    body["stream_format"] = json!("audio");
    let ask = || house.post(PATH, body.clone()).by("u1").header("idempotency-key", "k1");
    let answer = answered(&house, ask()).await;
    assert_eq!((answer.status, answer.text()), (200, "a sound".to_owned()));
    assert_eq!(
        (answer.header("content-type"), answer.header("content-length")),
        (Some("audio/wav"), Some("7"))
    );
    assert_eq!(answer.header("fourfold-provider"), Some("acme"));
    assert_eq!(ask().answer().await.body, answer.body);
    let job = house.get("/api/v1/jobs").by("u1").ok(200).await["data"][0]["id"].as_str().unwrap().to_owned();
    let job = house.get(&format!("/api/v1/jobs/{job}")).by("u1").ok(200).await;
    assert_eq!(job["input"], json!({"text": "A fox.", "voice": "alloy", "format": "wav"}));
    assert_eq!(job["credits"]["charged"], "0.12");
}

#[tokio::test]
async fn what_is_not_offered_is_refused_by_openais_name() {
    let house = House::new().await;
    let with = |name: &str, value: Value| {
        let mut body = fox();
        body[name] = value;
        body
    };
    for (body, status, code, param) in [
        (with("model", Value::Null), 400, "malformed", "model"),
        (with("model", json!("picture")), 422, "invalid_parameter", "model"),
        (with("input", Value::Null), 400, "malformed", "input"),
        (with("text", json!("A hare.")), 422, "invalid_parameter", "text"),
        (with("voice", json!({"name": "alloy"})), 400, "malformed", "voice"),
        (with("voice", json!(7)), 400, "malformed", "voice"),
        (with("response_format", json!("midi")), 422, "invalid_parameter", "response_format"),
        (with("speed", json!(2)), 422, "invalid_parameter", "speed"),
        (with("stream_format", json!("sse")), 422, "invalid_parameter", "stream_format"),
        (with("stream_format", json!("x")), 422, "invalid_parameter", "stream_format"),
        (with("colour", json!("red")), 422, "invalid_parameter", "colour"),
    ] {
        house.post(PATH, body).by("u1").check(status, code, Some(param)).await;
    }
    house.post(PATH, fox()).by("poor").check(402, "insufficient_credits", None).await;
}

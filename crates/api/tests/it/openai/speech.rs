//! Speech over OpenAI's wire.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use fourfold_domain::{Effect, ProviderError, Reason, Spoken};
use futures_util::stream;
use http::Response;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::support::House;

const PATH: &str = "/v1/audio/speech";

type Piece = Result<Bytes, ProviderError>;

fn fox() -> Value {
    json!({"model": "speak", "input": "A fox.", "voice": "alloy"})
}

/// A sound that a test speaks as it goes.
fn live() -> (mpsc::UnboundedSender<Piece>, Spoken) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let next = async |mut pieces: mpsc::UnboundedReceiver<Piece>| Some((pieces.recv().await?, pieces));
    let sound = Box::pin(stream::unfold(receiver, next));
    (sender, Spoken { media_type: "audio/wav".to_owned(), sound, vendor: Map::new() })
}

/// The next of what comes.
async fn next(response: &mut Response<Body>) -> Option<Result<Bytes, axum::Error>> {
    let frame = timeout(Duration::from_secs(5), response.body_mut().frame()).await.expect("nothing comes")?;
    Some(frame.map(|frame| frame.into_data().unwrap()))
}

async fn has(house: &House, available: &str, held: &str) {
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": available, "held": held}));
}

#[tokio::test]
async fn a_text_is_spoken_and_charged_and_again_the_same() {
    let house = House::new().await;
    let (vendor, spoken) = live();
    house.vendor.will_speak(spoken);
    for piece in ["a ", "sound"] {
        vendor.send(Ok(piece.into())).unwrap();
    }
    drop(vendor);
    let mut body = fox();
    (body["voice"], body["response_format"]) = (json!({"id": "alloy"}), json!("wav"));
    body["stream_format"] = json!("audio");
    let ask = || house.post(PATH, body.clone()).by("u1").header("idempotency-key", "k1");
    for _same in 0..2 {
        let answer = ask().answer().await;
        assert_eq!((answer.status, answer.text()), (200, "a sound".to_owned()));
        assert_eq!(answer.header("content-type"), Some("audio/wav"));
        assert_eq!(answer.header("fourfold-provider"), Some("acme"));
        has(&house, "9.88", "0").await;
    }
    let said = house.vendor.said();
    assert_eq!((said.len(), said[0].text.as_str()), (1, "A fox."));
    assert_eq!((said[0].voice.as_deref(), said[0].format.as_deref()), (Some("alloy"), Some("wav")));
}

#[tokio::test]
async fn the_sound_comes_as_it_is_spoken_and_its_end_after_the_charge() {
    let house = House::new().await;
    let (vendor, spoken) = live();
    house.vendor.will_speak(spoken);
    vendor.send(Ok("a so".into())).unwrap();
    let mut response = house.post(PATH, fox()).by("u1").response().await;
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
        (200, "audio/wav")
    );
    assert_eq!(next(&mut response).await.unwrap().unwrap(), "a s");
    vendor.send(Ok("und".into())).unwrap();
    assert_eq!(next(&mut response).await.unwrap().unwrap(), "oun");
    has(&house, "9.88", "0.12").await;
    drop(vendor);
    assert_eq!(next(&mut response).await.unwrap().unwrap(), "d");
    has(&house, "9.88", "0").await;
    assert!(next(&mut response).await.is_none());
}

#[tokio::test]
async fn a_sound_that_breaks_off_is_not_taken_for_whole_and_costs_nothing() {
    let house = House::new().await;
    let gone = || Err(ProviderError::new(Reason::Unavailable, Effect::Started, "gone"));
    let (vendor, spoken) = live();
    house.vendor.will_speak(spoken);
    vendor.send(Ok("a so".into())).unwrap();
    vendor.send(gone()).unwrap();
    let mut response = house.post(PATH, fox()).by("u1").response().await;
    assert_eq!(next(&mut response).await.unwrap().unwrap(), "a s");
    next(&mut response).await.unwrap().unwrap_err();
    has(&house, "10", "0").await;
    let (vendor, spoken) = live();
    house.vendor.will_speak(spoken);
    vendor.send(gone()).unwrap();
    let refused = house.post(PATH, fox()).by("u1").check(502, "vendor_failed", None).await;
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    has(&house, "10", "0").await;
}

#[tokio::test]
async fn an_sdk_that_asks_again_by_itself_for_a_sound_that_broke_off_is_refused() {
    let house = House::new().await;
    let ask = |retry: &str| house.post(PATH, fox()).by("u1").header("x-stainless-retry-count", retry);
    let (vendor, spoken) = live();
    house.vendor.will_speak(spoken);
    vendor.send(Ok("a so".into())).unwrap();
    vendor.send(Err(ProviderError::new(Reason::Unavailable, Effect::Started, "gone"))).unwrap();
    let mut response = ask("0").response().await;
    next(&mut response).await.unwrap().unwrap();
    next(&mut response).await.unwrap().unwrap_err();
    for retry in ["1", "2"] {
        let refused = ask(retry).check(502, "vendor_failed", None).await;
        assert_eq!(refused.header("x-should-retry"), Some("false"));
    }
    assert_eq!(house.vendor.said().len(), 1);
    // Who asks anew is given another one, and so is who asks for another sound.
    let mut other = fox();
    other["input"] = json!("A hare.");
    let other = house.post(PATH, other).by("u1").header("x-stainless-retry-count", "1");
    let elses = house.post(PATH, fox()).by("u2").header("x-stainless-retry-count", "1");
    for asked in [ask("0"), other, elses, ask("1")] {
        let (vendor, spoken) = live();
        house.vendor.will_speak(spoken);
        vendor.send(Ok("a sound".into())).unwrap();
        drop(vendor);
        assert_eq!(asked.answer().await.text(), "a sound");
    }
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

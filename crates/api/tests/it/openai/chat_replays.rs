//! The same chat, sent again with its `Idempotency-Key`.

use fourfold_domain::{AnswerPiece, Effect, ProviderError, Reason};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::chat::chat;
use crate::support::{Answer, House, failure, new_chat, piece, said, written};

const PATH: &str = "/v1/chat/completions";

async fn send(house: &House, body: Value) -> Answer {
    house.post(PATH, body).by("u1").header("idempotency-key", "k").answer().await
}

async fn spent(house: &House) -> Value {
    house.get("/api/v1/credits").by("u1").ok(200).await["available"].clone()
}

#[tokio::test]
async fn the_first_answer_is_given_again_byte_for_byte() {
    for is_stream in [false, true] {
        let house = House::new().await;
        house.vendor.will_chat(Ok(said("In dens.")));
        house.vendor.will_write(Box::pin(stream::iter(written(&["In ", "dens."]))));
        let body = chat(json!({"stream": is_stream}));
        let first = send(&house, body.clone()).await;
        assert_eq!((first.status, spent(&house).await), (200, json!("9.98")));
        for _ in 0..2 {
            let again = send(&house, body.clone()).await;
            assert_eq!((again.status, again.text()), (200, first.text()));
            for header in ["content-type", "fourfold-provider"] {
                assert_eq!(again.header(header), first.header(header));
            }
        }
        assert_eq!((house.vendor.asked().len(), spent(&house).await), (1, json!("9.98")));
    }
}

#[tokio::test]
async fn another_body_is_refused() {
    let house = House::new().await;
    house.vendor.will_chat(Ok(said("In dens.")));
    send(&house, new_chat()).await;
    let other = house.post(PATH, chat(json!({"n": 2}))).by("u1").header("idempotency-key", "k");
    other.check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
}

#[tokio::test]
async fn what_was_not_charged_runs_anew() {
    let house = House::new().await;
    house.vendor.will_chat(Err(failure(Reason::InvalidRequest)));
    house.vendor.will_chat(Ok(said("In dens.")));
    assert_eq!(send(&house, new_chat()).await.status, 422);
    assert_eq!(send(&house, new_chat()).await.status, 200);
    assert_eq!(house.vendor.asked().len(), 2);
}

#[tokio::test]
async fn what_still_runs_is_in_progress() {
    let house = House::new().await;
    let begins = stream::once(async { piece(AnswerPiece::Text("In".into())) });
    house.vendor.will_write(Box::pin(begins.chain(stream::pending())));
    let body = chat(json!({"stream": true}));
    let response = house.post(PATH, body.clone()).by("u1").header("idempotency-key", "k").response().await;
    let again = house.post(PATH, body).by("u1").header("idempotency-key", "k");
    let again = again.check(409, "in_progress", None).await;
    assert_eq!(again.header("x-should-retry"), Some("true"));
    drop(response);
}

#[tokio::test]
async fn what_broke_off_breaks_off_again() {
    let house = House::new().await;
    let mut chunks = written(&["In dens."]);
    chunks.truncate(1);
    chunks.push(Err(ProviderError::new(Reason::Unavailable, Effect::Started, "the vendor is gone")));
    house.vendor.will_write(Box::pin(stream::iter(chunks)));
    let body = chat(json!({"stream": true}));
    let first = send(&house, body.clone()).await.text();
    let again = send(&house, body).await.text();
    let delivered = |text: &str| text.split("data: {\"error\"").next().unwrap().to_owned();
    assert_eq!(delivered(&again), delivered(&first));
    assert!(again.contains("\"interrupted\"") && !again.contains("[DONE]"), "{again}");
}

//! How a message is answered.

use fourfold_domain::{AnswerPiece, Effect, FinishReason, ProviderError, Reason};
use serde_json::json;

use super::{PATH, contents, live, message, said, will_fail, will_say};
use crate::support::{House, piece};

#[tokio::test]
async fn an_answer_says_what_it_came_to() {
    let house = House::new().await;
    will_say(&house, "In dens.");
    let answer = house.post(PATH, message("Where do foxes live?")).by("u1").answer().await;
    assert_eq!(answer.header("fourfold-provider"), Some("acme"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let mut body = answer.json();
    let id = body["message_id"].take();
    let expected = json!({
        "response": "In dens.", "conversation_id": "c1", "message_id": null, "model": "talk", "finish_reason": "stop",
        "usage": {"input_tokens": 10, "output_tokens": 5}, "credits": "0.02",
    });
    assert_eq!((answer.status, &body), (200, &expected));
    let history = house.get("/api/chat/c1/history").by("u1").ok(200).await;
    assert_eq!(history["data"][1]["id"], id);
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "9.98", "held": "0"}));
}

#[tokio::test]
async fn a_stream_comes_piece_by_piece_and_ends_with_what_it_came_to() {
    let house = House::new().await;
    let accepts =
        [(json!({"message": "Where?", "stream": true}), "*/*"), (message("Where?"), "text/event-stream")];
    for (body, accept) in accepts {
        let (pen, stream) = live();
        house.vendor.will_write(stream);
        pen.send(piece(AnswerPiece::Text("In ".to_owned()))).unwrap();
        let mut events = house.post(PATH, body).header("accept", accept).by("u1").events().await;
        for text in ["In ", "dens."] {
            let event = events.next().await.unwrap();
            assert_eq!((event.name.as_deref(), event.data), (Some("delta"), Some(json!({"text": text}))));
            pen.send(piece(AnswerPiece::Text("dens.".to_owned()))).unwrap();
        }
        drop(pen);
        // What was sent once more.
        assert_eq!(events.next().await.unwrap().name.as_deref(), Some("delta"));
        let done = events.next().await.unwrap();
        let data = done.data.unwrap();
        assert_eq!((done.name.as_deref(), &data["conversation_id"]), (Some("done"), &json!("c1")));
        assert!(data["message_id"].is_string() && data["usage"]["output_tokens"].is_u64(), "{data}");
        assert!(data.get("response").is_none(), "{data}");
        assert!(events.next().await.is_none());
    }
    let stream = json!({"message": "Where?", "stream": false});
    will_say(&house, "In dens.");
    let whole = house.post(PATH, stream).header("accept", "text/event-stream").by("u1").answer().await;
    assert_eq!(whole.json()["response"], "In dens.", "the body beats the header");
}

#[tokio::test]
async fn an_answer_that_was_cut_says_so_wherever_it_is_shown() {
    let house = House::new().await;
    for (is_stream, reason, finish) in
        [(false, FinishReason::Length, "length"), (true, FinishReason::ContentFilter, "content_filter")]
    {
        let (pen, stream) = live();
        house.vendor.will_write(stream);
        for cut in [AnswerPiece::Text("In ".to_owned()), AnswerPiece::Finish(reason)] {
            pen.send(piece(cut)).unwrap();
        }
        drop(pen);
        let ask = house.post(PATH, json!({"message": "Where?", "stream": is_stream})).by("u1");
        let told = match is_stream {
            true => {
                let mut events = ask.events().await;
                assert_eq!(events.next().await.unwrap().name.as_deref(), Some("delta"));
                events.next().await.unwrap().data.unwrap()
            }
            false => ask.ok(200).await,
        };
        assert_eq!(told["finish_reason"], finish);
        let history = house.get("/api/chat/c1/history?order=desc").by("u1").ok(200).await;
        assert_eq!(
            (&history["data"][0]["finish_reason"], &history["data"][0]["is_partial"]),
            (&json!(finish), &json!(false))
        );
        let export = house.get("/api/chat/c1/export").by("u1").ok(200).await;
        assert_eq!(export["messages"].as_array().unwrap().last().unwrap()["finish_reason"], finish);
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error() {
    let house = House::new().await;
    let (pen, stream) = live();
    house.vendor.will_write(stream);
    pen.send(piece(AnswerPiece::Text("In ".to_owned()))).unwrap();
    let gone = ProviderError::new(Reason::Unavailable, Effect::Started, "the vendor says no");
    pen.send(Err(gone)).unwrap();
    let ask = || {
        let ask = house.post(PATH, json!({"message": "Where?", "stream": true})).by("u1");
        ask.header("idempotency-key", "k1")
    };
    let mut events = ask().events().await;
    assert_eq!(events.next().await.unwrap().name.as_deref(), Some("delta"));
    let error = events.next().await.unwrap();
    let data = error.data.unwrap();
    assert_eq!((error.name.as_deref(), &data["error"]["code"]), (Some("error"), &json!("model_failed")));
    assert!(events.next().await.is_none());
    assert_eq!(contents(&house).await, ["Where?", "In "]);
    let history = house.get("/api/chat/c1/history?order=desc").by("u1").ok(200).await;
    assert_eq!(history["data"][0]["is_partial"], true);
    assert_eq!(history["data"][0]["finish_reason"], json!(null));
    // What was charged is given again, whatever is accepted now.
    for accept in ["text/event-stream", "application/json"] {
        let mut again = ask().header("accept", accept).events().await;
        assert_eq!(again.next().await.unwrap().data, Some(json!({"text": "In "})));
        let error = again.next().await.unwrap();
        let code = &error.data.unwrap()["error"]["code"];
        assert_eq!((error.name.as_deref(), code), (Some("error"), &json!("interrupted")));
        assert!(again.next().await.is_none());
    }
    assert_eq!(contents(&house).await, ["Where?", "In "]);
}

#[tokio::test]
async fn the_same_request_is_given_the_same_answer_whatever_it_accepts_now() {
    let house = House::new().await;
    will_say(&house, "In dens.");
    let ask = |accept| {
        let ask = house.post(PATH, message("Where?")).by("u1");
        ask.header("idempotency-key", "k1").header("accept", accept)
    };
    let first = ask("text/event-stream").answer().await;
    let again = ask("application/json").answer().await;
    assert_eq!((first.header("content-type"), &first.body), (again.header("content-type"), &again.body));
    let other = house.post(PATH, message("And?")).by("u1").header("idempotency-key", "k1");
    other.check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
    assert_eq!(contents(&house).await.len(), 2);
}

#[tokio::test]
async fn a_message_whose_model_failed_is_kept_and_answered_by_the_same_request() {
    let house = House::new().await;
    let ask = || house.post(PATH, message("Where?")).by("u1").header("idempotency-key", "k1");
    will_fail(&house, ProviderError::new(Reason::Failed, Effect::Started, "the vendor says no"));
    let failed = ask().check(500, "model_failed", None).await;
    assert_eq!(failed.message(), "the vendor says no");
    assert_eq!(contents(&house).await, ["Where?"]);
    will_say(&house, "In dens.");
    assert_eq!(ask().ok(200).await["response"], "In dens.");
    assert_eq!(contents(&house).await, ["Where?", "In dens."]);
}

#[tokio::test]
async fn the_last_answer_can_be_had_again() {
    let house = House::new().await;
    said(&house, "Where?", "In dens.").await;
    will_say(&house, "In holes.");
    let ask = house.ask(http::Method::POST, "/api/chat/c1/regenerate").by("u1");
    assert_eq!(ask.ok(200).await["response"], "In holes.", "without a body too");
    assert_eq!(contents(&house).await, ["Where?", "In holes."]);
    for body in ["", "null"] {
        will_say(&house, "In trees.");
        let ask = house.ask(http::Method::POST, "/api/chat/c1/regenerate?user_id=u1").key(&house.service);
        assert_eq!(ask.body(body).ok(200).await["response"], "In trees.", "and as GET routes name the user");
    }
    let both = house.post("/api/chat/c1/regenerate?user_id=u1", json!({"user_id": "u2"})).key(&house.service);
    both.check(403, "wrong_user", Some("user_id")).await;
}

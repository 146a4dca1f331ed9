use std::time::Duration;

use fourfold_clients::Media;
use fourfold_clients::gemini::{Interaction, MockGeminiApi};
use fourfold_clients::http::{self, Body, ClientError, ErrorKind};
use fourfold_domain::{
    Cancelled, Effect, MediaMaker, Modality, Output, OutputSource, Outputs, Poll, ProviderError, Quantity,
    Reason, Started, Unit, UpstreamTask,
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::{PNG, check_all_rows, context, media, provider, wire};

const MODEL: &str = "gemini-omni-1.1-flash";

fn interaction(value: Value) -> Interaction {
    serde_json::from_value(value).unwrap()
}

/// An interaction that made this.
fn made(content: Value) -> Value {
    json!({"id": "int_1", "status": "completed", "model": "omni-001", "usage": {"total_tokens": 9},
        "steps": [{"type": "user_input", "content": []}, {"type": "model_output", "content": content}]})
}

fn film() -> Value {
    let uri = "https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media";
    json!([{"type": "video", "mime_type": "video/mp4", "uri": uri}])
}

async fn started(input: Value, answer: Value) -> (Result<Started, ProviderError>, Value) {
    let mut api = MockGeminiApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_create_interaction().times(1).returning(move |request| {
        tx.send(wire(request)).unwrap();
        Ok(interaction(answer.clone()))
    });
    let started = provider(api).start(media(Modality::Video, input), context(MODEL)).await;
    (started, rx.recv().unwrap())
}

/// The task that comes of this request, which the vendor calls `int_1`.
async fn task(input: Value) -> UpstreamTask {
    match started(input, json!({"id": "int_1", "status": "queued"})).await.0.unwrap() {
        Started::Task(task) => task,
        other => panic!("{other:?}"),
    }
}

fn eight_seconds() -> Value {
    json!({"prompt": "a fox", "seconds": 8, "resolution": "1080p"})
}

async fn polled(answer: Value) -> Poll {
    let mut api = MockGeminiApi::new();
    api.expect_get_interaction().times(1).returning(move |id| {
        assert_eq!(id, "int_1");
        Ok(interaction(answer.clone()))
    });
    provider(api).poll(&task(eight_seconds()).await).await.unwrap()
}

async fn outputs(answer: Value) -> Outputs {
    match polled(answer).await {
        Poll::Done(outputs) => outputs,
        other => panic!("{other:?}"),
    }
}

async fn verdict(answer: Value) -> ProviderError {
    match polled(answer).await {
        Poll::Failed(verdict) => verdict,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_parameter_of_a_video_has_its_place() {
    let piece = |kind: &str, media_type: &str| json!({"type": kind, "mime_type": media_type, "data": "UE5H"});
    let rows = [
        ("prompt", json!("a fox"), "/input", json!([{"type": "text", "text": "a fox"}])),
        ("seconds", json!(8), "/response_format/duration", json!("8s")),
        ("aspect_ratio", json!("9:16"), "/response_format/aspect_ratio", json!("9:16")),
        ("resolution", json!("1080p"), "/response_format/resolution", json!("1080p")),
        ("image", json!(PNG), "/input/0", piece("image", "image/png")),
        ("references", json!([PNG, PNG]), "/input/1", piece("image", "image/png")),
        ("video", json!("data:video/mp4;base64,UE5H"), "/input/0", piece("video", "video/mp4")),
    ];
    check_all_rows(MODEL, &rows.each_ref().map(|(name, ..)| *name));
    for (name, value, at, expected) in rows {
        let mut input = json!({"prompt": "a fox"});
        input[name] = value;
        let (_, sent) = started(input, json!({"id": "int_1", "status": "queued"})).await;
        assert_eq!(sent.pointer(at), Some(&expected), "{name}");
        assert_eq!((&sent["model"], &sent["background"]), (&json!(MODEL), &json!(true)));
        let format = &sent["response_format"];
        assert_eq!((&format["type"], &format["delivery"]), (&json!("video"), &json!("uri")));
    }
}

#[tokio::test]
async fn what_is_no_video_begins_nothing() {
    let input = json!({"prompt": "a fox", "video": PNG});
    let provider = provider(MockGeminiApi::new());
    let error = provider.start(media(Modality::Video, input), context(MODEL)).await.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
    assert_eq!(error.message, "input.video must be of a media type video/…, not image/png");
}

#[tokio::test]
async fn a_task_shows_the_vendors_id_and_is_asked_for_after_a_while() {
    let task = task(eight_seconds()).await;
    assert!(task.id.starts_with("int_1~"), "{}", task.id);
    assert_eq!((task.vendor_model.as_str(), task.poll_after), (MODEL, Duration::from_secs(10)));
}

#[tokio::test]
async fn what_is_over_at_once_is_no_task() {
    let (begun, _) = started(json!({"prompt": "a fox", "seconds": 8}), made(film())).await;
    let Ok(Started::Done(outputs)) = begun else { panic!("{begun:?}") };
    assert_eq!(outputs.quantities, [Quantity::new(Unit::VideoSecond, 8)]);
    let errors = json!([{"code": "safety", "message": "Blocked."}]);
    let failed = json!({"id": "int_1", "status": "failed", "errors": errors});
    let error = started(json!({"prompt": "a fox"}), failed).await.0.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::Refused, Effect::Started));
    let error = started(json!({"prompt": "a fox"}), json!({"status": "queued"})).await.0.unwrap_err();
    assert_eq!(
        (error.reason, error.effect),
        (Reason::Unreadable, Effect::Started),
        "nobody could ask for it"
    );
}

#[tokio::test]
async fn a_video_is_running_until_it_says_otherwise() {
    for status in ["queued", "in_progress", "novel"] {
        let running = polled(json!({"id": "int_1", "status": status})).await;
        assert!(matches!(running, Poll::Running { progress: None, .. }), "{running:?}");
    }
}

#[tokio::test]
async fn a_video_is_fetched_from_where_it_lies() {
    let done = outputs(made(film())).await;
    assert_eq!(done.items[0].source, OutputSource::Handle("abc".into()));
    assert_eq!(done.items[0].media_type, "video/mp4");
    assert_eq!(done.quantities, [Quantity::new(Unit::VideoSecond, 8).with("resolution", "1080p")]);
    let facts =
        json!({"id": "int_1", "model": "omni-001", "status": "completed", "usage": {"total_tokens": 9}});
    assert_eq!(json!(done.vendor), facts);
    let elsewhere = json!({"type": "video", "uri": "https://store.test/a?sig=1"});
    let done = outputs(made(json!([{"type": "text", "text": "Here."}, elsewhere]))).await;
    assert_eq!(done.items[0].source, OutputSource::Link("https://store.test/a?sig=1".into()));
    assert_eq!((done.items.len(), &done.vendor["text"]), (1, &json!("Here.")));
    let inline = json!([{"type": "video", "mime_type": "video/webm", "data": "UE5H"}]);
    let done = outputs(made(inline)).await;
    assert_eq!(done.items[0].media_type, "video/webm");
    assert_eq!(done.items[0].source, OutputSource::Bytes("PNG".into()));
}

#[tokio::test]
async fn each_bad_end_has_its_reason() {
    const NONE: &str = "the vendor answered without a video";
    let failed = |code: &str| json!({"status": "failed", "errors": [{"code": code, "message": "No."}]});
    for (answer, reason, message) in [
        (failed("safety"), Reason::Refused, "No."),
        (failed("prohibited_content"), Reason::Refused, "No."),
        (failed("invalid_request"), Reason::InvalidRequest, "No."),
        (failed("internal"), Reason::Failed, "No."),
        (json!({"status": "failed"}), Reason::Failed, "failed"),
        (json!({"status": "cancelled"}), Reason::Failed, "cancelled"),
        (json!({"status": "budget_exceeded"}), Reason::Failed, "budget_exceeded"),
        (json!({"status": "incomplete"}), Reason::Failed, NONE),
        (made(json!([{"type": "text", "text": "I can't."}])), Reason::Failed, NONE),
        (made(json!([{"type": "video"}])), Reason::Failed, NONE),
    ] {
        let error = verdict(answer).await;
        assert_eq!((error.reason, error.effect, error.message.as_str()), (reason, Effect::Started, message));
        assert!(error.vendor.contains_key("status"));
    }
}

#[tokio::test]
async fn a_task_of_nobody_is_not_found_without_asking() {
    let provider = provider(MockGeminiApi::new());
    for id in ["", "int_1", "int_1~", "~e30", "int_1~e30"] {
        let (id, vendor_model) = (id.to_owned(), MODEL.to_owned());
        let task = UpstreamTask { id, vendor_model, poll_after: Duration::ZERO };
        assert_eq!(provider.poll(&task).await.unwrap_err().reason, Reason::NotFound, "{task:?}");
        assert_eq!(provider.cancel(&task).await.unwrap_err().reason, Reason::NotFound, "{task:?}");
    }
}

#[tokio::test]
async fn a_failed_poll_says_nothing_about_the_task() {
    let mut api = MockGeminiApi::new();
    api.expect_get_interaction()
        .returning(|_| Err(ClientError::new(ErrorKind::Interrupted, http::Effect::MayHaveStarted)));
    let error = provider(api).poll(&task(eight_seconds()).await).await.unwrap_err();
    assert_eq!(error.reason, Reason::Unavailable);
}

#[tokio::test]
async fn a_wish_to_stop_comes_through_or_too_late() {
    let refused = |code: &str| {
        let error = ClientError::new(ErrorKind::Status, http::Effect::NotStarted);
        Err(error.with_status(::http::StatusCode::BAD_REQUEST).with_code(code.to_owned()))
    };
    let status = |status: &str| Ok(interaction(json!({"id": "int_1", "status": status})));
    for (answer, expected) in [
        (status("cancelled"), Ok(Cancelled::Stopped { used: None })),
        // Nobody can tell yet; a poll will.
        (status("in_progress"), Ok(Cancelled::TooLate)),
        (status("completed"), Ok(Cancelled::TooLate)),
        (refused("failed_precondition"), Ok(Cancelled::TooLate)),
        (refused("invalid_request"), Err(Reason::InvalidRequest)),
    ] {
        let mut api = MockGeminiApi::new();
        let mut answer = Some(answer);
        api.expect_cancel_interaction().times(1).returning(move |id| {
            assert_eq!(id, "int_1");
            answer.take().unwrap()
        });
        let cancelled = provider(api).cancel(&task(eight_seconds()).await).await;
        assert_eq!(cancelled.map_err(|error| error.reason), expected);
    }
}

#[tokio::test]
async fn each_output_is_read_from_its_own_place() {
    let mut api = MockGeminiApi::new();
    api.expect_download_file().times(1).returning(|file| {
        assert_eq!(file, "abc");
        Ok(Media { media_type: None, request_id: None, body: Body::from("film") })
    });
    let output = |source| Output { media_type: "video/mp4".to_owned(), source };
    let provider = provider(api);
    let film = provider.fetch(&output(OutputSource::Handle("abc".into()))).await.unwrap();
    assert_eq!(film.try_collect::<Vec<_>>().await.unwrap().concat(), b"film");
    let film = provider.fetch(&output(OutputSource::Bytes("here".into()))).await.unwrap();
    assert_eq!(film.try_collect::<Vec<_>>().await.unwrap().concat(), b"here");
    let inside = provider.fetch(&output(OutputSource::Link("https://127.0.0.2/film".into()))).await;
    assert_eq!(inside.err().unwrap().reason, Reason::InvalidRequest, "links lead to public addresses only");
}

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_clients::stability::{MockStabilityApi, Task, TaskResult};
use fourfold_domain::{
    Cancelled, Effect, MediaMaker, OutputSource, Poll, ProviderError, Quantity, Reason, Started, Unit,
    UpstreamTask,
};
use fourfold_providers::stability::StabilityProvider;
use serde_json::json;

use super::{PNG, generated, provider, start};

const TEN_SECONDS: Duration = Duration::from_secs(10);

type Look = Result<TaskResult, ClientError>;

fn task(id: &str) -> UpstreamTask {
    UpstreamTask { id: id.into(), vendor_model: "upscale-creative".into(), poll_after: TEN_SECONDS }
}

fn running() -> Look {
    Ok(TaskResult::Running(serde_json::from_value(json!({"id": "t1", "status": "novel"})).unwrap()))
}

fn failed(status: u16, code: &str) -> Look {
    let error = ClientError::new(ErrorKind::Status, http::Effect::MayHaveStarted).with_code(code.to_owned());
    Err(error.with_status(::http::StatusCode::from_u16(status).unwrap()).with_message("No.".to_owned()))
}

/// A provider whose client gives these looks in turn, whatever task is looked at.
fn looking(looks: impl IntoIterator<Item = Look>) -> StabilityProvider {
    let looks = Mutex::new(looks.into_iter().collect::<VecDeque<_>>());
    let mut api = MockStabilityApi::new();
    api.expect_get_result().returning(move |_| looks.lock().unwrap().pop_front().unwrap());
    provider(api)
}

/// What one look says.
async fn polled(look: Look) -> Result<Poll, ProviderError> {
    looking([look]).poll(&task("t1")).await
}

#[tokio::test]
async fn what_takes_a_while_is_a_task_that_is_looked_at_every_10_seconds() {
    for (model, input) in [
        ("upscale-creative", json!({"image": PNG, "prompt": "a fox"})),
        ("edit-replace-background-and-relight", json!({"image": PNG, "prompt": "a wood"})),
    ] {
        let mut api = MockStabilityApi::new();
        api.expect_start_image().times(1).returning(|_| Ok(Task::new("t1")));
        let provider = provider(api);
        let expected = UpstreamTask { id: "t1".into(), vendor_model: model.into(), poll_after: TEN_SECONDS };
        let started = start(&provider, model, input).await.unwrap();
        assert_eq!(started, Started::Task(expected.clone()));
        assert_eq!(provider.cancel(&expected).await.unwrap(), Cancelled::Unsupported);
    }
    let expected = Poll::Running { progress: None, poll_after: TEN_SECONDS };
    assert_eq!(polled(running()).await.unwrap(), expected, "a status that nobody knows isn't an end");
}

#[tokio::test]
async fn a_task_that_is_over_brings_its_picture() {
    let look = Ok(TaskResult::Done(generated(Some("SUCCESS"), Some("image/webp"), "RIFF")));
    let Poll::Done(outputs) = polled(look).await.unwrap() else { panic!("it isn't done") };
    assert_eq!(outputs.items[0].media_type, "image/webp");
    assert_eq!(outputs.items[0].source, OutputSource::Bytes("RIFF".into()));
    assert_eq!(outputs.quantities, [Quantity::new(Unit::Image, 1)]);
    assert_eq!((&outputs.vendor["seed"], &outputs.vendor["finish_reason"]), (&json!(7), &json!("SUCCESS")));
    let look = Ok(TaskResult::Done(generated(None, None, "PNG")));
    let Poll::Done(outputs) = polled(look).await.unwrap() else { panic!("it isn't done") };
    assert_eq!(outputs.items[0].media_type, "image/png");
}

#[tokio::test]
async fn a_picture_that_didnt_come_is_a_look_that_failed() {
    let look = Ok(TaskResult::Done(generated(Some("SUCCESS"), Some("image/png"), "")));
    assert_eq!(polled(look).await.unwrap_err().reason, Reason::Failed);
}

#[tokio::test]
async fn verdicts_on_a_task_end_it_and_other_errors_say_nothing() {
    let blurred = Ok(TaskResult::Done(generated(Some("CONTENT_FILTERED"), Some("image/png"), "PNG")));
    for (look, reason) in [
        (blurred, Reason::Refused),
        (failed(403, "content_moderation"), Reason::Refused),
        (failed(422, "invalid_language"), Reason::InvalidRequest),
    ] {
        let Poll::Failed(verdict) = polled(look).await.unwrap() else { panic!("it goes on") };
        assert_eq!((verdict.reason, verdict.effect), (reason, Effect::Started));
    }
    for (look, reason) in [
        (failed(400, "bad_request"), Reason::NotFound),
        (failed(401, "unauthorized"), Reason::Unauthorized),
        (failed(403, "permission_denied"), Reason::Forbidden),
        (failed(404, "not_found"), Reason::NotFound),
        (failed(429, "rate_limit_exceeded"), Reason::RateLimited),
        (failed(500, "internal_error"), Reason::Unavailable),
        (failed(503, "novel"), Reason::Unavailable),
        (Err(ClientError::new(ErrorKind::Interrupted, http::Effect::Started)), Reason::Unavailable),
    ] {
        assert_eq!(polled(look).await.unwrap_err().reason, reason);
    }
}

#[tokio::test]
async fn work_has_failed_once_three_looks_in_a_row_say_so() {
    let inside = || failed(500, "internal_error");
    let busy = || failed(429, "rate_limit_exceeded");
    let away = || failed(503, "novel");
    for (looks, ends) in [
        (vec![inside(), inside(), inside()], true),
        (vec![inside(), busy(), inside(), busy(), inside()], true),
        (vec![inside(), inside(), running(), inside()], false),
        (vec![inside(), inside(), away(), inside()], false),
    ] {
        let count = looks.len();
        let provider = looking(looks);
        for _ in 1..count {
            let polled = provider.poll(&task("t1")).await;
            assert!(!matches!(polled, Ok(Poll::Failed(_))), "{polled:?}");
        }
        match provider.poll(&task("t1")).await {
            Ok(Poll::Failed(verdict)) => {
                assert!(ends, "{verdict:?}");
                assert_eq!((verdict.reason, verdict.effect), (Reason::Failed, Effect::Started));
                assert_eq!(verdict.message, "No.");
            }
            other => assert!(!ends, "{other:?}"),
        }
    }
}

#[tokio::test]
async fn looks_at_other_tasks_are_counted_apart_and_not_for_ever() {
    let provider = looking((0..1030).map(|_| failed(500, "internal_error")));
    let looked = async |id: &str| matches!(provider.poll(&task(id)).await, Ok(Poll::Failed(_)));
    for id in ["t1", "t2", "t1", "t2"] {
        assert!(!looked(id).await, "{id}");
    }
    assert!(looked("t1").await);
    assert!(!looked("t1").await, "after its end it is counted anew");
    for other in 0..1023 {
        assert!(!looked(&format!("other {other}")).await);
    }
    assert!(!looked("t2").await, "there were so many others that it was forgotten");
}

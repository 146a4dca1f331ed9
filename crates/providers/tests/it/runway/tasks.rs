use std::time::Duration;

use fourfold_clients::http::{self, ClientError, ErrorKind};
use fourfold_clients::runway::MockRunwayApi;
use fourfold_domain::{
    Cancelled, Effect, MediaMaker, OutputSource, Outputs, Poll, ProviderError, Reason, UpstreamTask,
};
use serde_json::{Value, json};

use super::{accepted, context, provider, started, task};

/// The task of this work, as it is stored.
async fn upstream(vendor_model: &str, input: Value) -> UpstreamTask {
    let mut api = MockRunwayApi::new();
    api.expect_create_generation().times(1).returning(|_| Ok(accepted()));
    started(api, context(vendor_model), input).await.unwrap()
}

async fn some_task() -> UpstreamTask {
    upstream("gen4_turbo", json!({"image": "https://files.test/a.png", "seconds": 4})).await
}

/// How it stands where the vendor says this, asked by another process than the one that began it.
async fn polled(upstream: &UpstreamTask, answer: Value) -> Poll {
    let mut api = MockRunwayApi::new();
    api.expect_get_generation_status().times(1).returning(move |id| {
        assert_eq!(id, "17f2");
        Ok(task(answer.clone()))
    });
    provider(api).poll(upstream).await.unwrap()
}

/// What came of work whose results are at these links.
pub(super) async fn outputs_of(
    vendor_model: &str,
    input: Value,
    links: Value,
) -> Result<Outputs, ProviderError> {
    let answer = json!({"id": "17f2", "status": "SUCCEEDED", "createdAt": "2026-11-21T10:00:00Z",
        "output": links, "cost": {"credits": 25}});
    match polled(&upstream(vendor_model, input).await, answer).await {
        Poll::Done(outputs) => Ok(outputs),
        Poll::Failed(verdict) => Err(verdict),
        running @ Poll::Running { .. } => panic!("{running:?}"),
    }
}

fn status(status: u16) -> ClientError {
    let status = ::http::StatusCode::from_u16(status).unwrap();
    ClientError::new(ErrorKind::Status, http::Effect::NotStarted).with_status(status)
}

#[tokio::test]
async fn a_task_is_known_by_the_vendors_id_and_looked_at_as_often_as_the_vendor_does() {
    let upstream = some_task().await;
    assert!(upstream.id.starts_with("17f2~"), "{upstream:?}");
    assert_eq!((upstream.vendor_model.as_str(), upstream.poll_after), ("gen4_turbo", Duration::from_secs(6)));
}

#[tokio::test]
async fn a_task_is_running_until_it_says_otherwise() {
    let upstream = some_task().await;
    for (answer, progress) in [
        (json!({"id": "17f2", "status": "PENDING"}), None),
        (json!({"id": "17f2", "status": "THROTTLED"}), None),
        (json!({"id": "17f2", "status": "RUNNING"}), None),
        (json!({"id": "17f2", "status": "RUNNING", "progress": 0.42}), Some(42)),
        (json!({"id": "17f2", "status": "RUNNING", "progress": 7.0}), Some(100)),
        (json!({"id": "17f2", "status": "NOVEL", "progress": 0}), Some(0)),
        (json!({"id": "17f2"}), None),
    ] {
        let poll = polled(&upstream, answer.clone()).await;
        assert_eq!(poll, Poll::Running { progress, poll_after: Duration::from_secs(6) }, "{answer}");
    }
}

#[tokio::test]
async fn what_came_is_at_public_links_and_its_cost_is_kept() {
    let input = json!({"image": "https://files.test/a.png", "seconds": 4, "size": "720x1280"});
    let link = "https://cdn.test/out.mp4?_jwt=secret";
    let outputs = outputs_of("gen4_turbo", input, json!([link])).await.unwrap();
    assert_eq!(outputs.items[0].source, OutputSource::Link(link.to_owned()));
    assert_eq!(outputs.vendor["credits"], 25);
    assert_eq!(outputs.vendor["created_at"], "2026-11-21T10:00:00Z");
    let facts = serde_json::to_string(&outputs.vendor).unwrap();
    assert!(!facts.contains("secret") && facts.contains("17f2"), "{facts}");
}

#[tokio::test]
async fn each_code_of_a_failure_has_its_reason() {
    let upstream = some_task().await;
    for (code, reason) in [
        (json!("SAFETY.INPUT.TEXT"), Reason::Refused),
        (json!("SAFETY.INPUT.IMAGE"), Reason::Refused),
        (json!("SAFETY.OUTPUT.VIDEO"), Reason::Refused),
        (json!("SAFETY"), Reason::Refused),
        (json!("INPUT_PREPROCESSING.SAFETY.TEXT"), Reason::Refused),
        (json!("THIRD_PARTY.SAFETY"), Reason::Refused),
        (json!("ASSET.INVALID"), Reason::InvalidRequest),
        (json!("INTERNAL.BAD_OUTPUT.CODE01"), Reason::Failed),
        (json!("INPUT_PREPROCESSING.INTERNAL"), Reason::Failed),
        (json!("INTERNAL"), Reason::Failed),
        (json!("THIRD_PARTY.UNAVAILABLE"), Reason::Unavailable),
        (json!("SAFETYNET"), Reason::Failed),
        (json!("NOVEL.CODE"), Reason::Failed),
        (json!(null), Reason::Failed),
    ] {
        let answer = json!({"id": "17f2", "status": "FAILED", "failureCode": code,
            "failure": "See https://vendor.test/?sig=1 for users.", "cost": {"credits": 0}});
        let Poll::Failed(verdict) = polled(&upstream, answer).await else { panic!("{code}") };
        assert_eq!((verdict.reason, verdict.effect), (reason, Effect::Started), "{code}");
        assert!(!verdict.message.contains("users"), "the vendor's words aren't for end users: {verdict}");
        assert_eq!(verdict.vendor["failure"], "See for users.");
        assert_eq!(
            (verdict.vendor.get("code"), &verdict.vendor["credits"]),
            (code.as_str().map(|_| &code), &json!(0))
        );
    }
}

#[tokio::test]
async fn a_task_that_was_cancelled_elsewhere_or_has_no_result_is_over() {
    let upstream = some_task().await;
    for answer in [
        json!({"id": "17f2", "status": "CANCELLED", "cost": {"credits": 0}}),
        json!({"id": "17f2", "status": "SUCCEEDED", "output": []}),
        json!({"id": "17f2", "status": "SUCCEEDED"}),
    ] {
        let Poll::Failed(verdict) = polled(&upstream, answer.clone()).await else { panic!("{answer}") };
        assert_eq!((verdict.reason, verdict.effect), (Reason::Failed, Effect::Started), "{answer}");
    }
}

#[tokio::test]
async fn a_look_that_failed_says_nothing_about_the_task() {
    let upstream = some_task().await;
    for (code, reason) in [(404, Reason::NotFound), (503, Reason::Unavailable), (429, Reason::RateLimited)] {
        let mut api = MockRunwayApi::new();
        api.expect_get_generation_status().returning(move |_| Err(status(code)));
        assert_eq!(provider(api).poll(&upstream).await.unwrap_err().reason, reason);
    }
}

/// What comes of a cancel: where the vendor first says how the task stands, then what it says to the cancel.
async fn cancelled(
    look: Result<&'static str, u16>,
    cancel: Option<Result<(), u16>>,
) -> Result<Cancelled, Reason> {
    let upstream = some_task().await;
    let mut api = MockRunwayApi::new();
    api.expect_get_generation_status().times(1).returning(move |_| match look {
        Ok(stand) => Ok(task(json!({"id": "17f2", "status": stand}))),
        Err(code) => Err(status(code)),
    });
    api.expect_cancel_generation().times(usize::from(cancel.is_some())).returning(move |id| {
        assert_eq!(id, "17f2");
        cancel.unwrap().map_err(status)
    });
    provider(api).cancel(&upstream).await.map_err(|error| error.reason)
}

#[tokio::test]
async fn only_what_is_not_over_is_cancelled() {
    for stand in ["SUCCEEDED", "FAILED", "CANCELLED"] {
        assert_eq!(cancelled(Ok(stand), None).await, Ok(Cancelled::TooLate), "it would be deleted: {stand}");
    }
    let stopped = Ok(Cancelled::Stopped { used: None });
    for stand in ["PENDING", "THROTTLED", "RUNNING", "NOVEL"] {
        assert_eq!(cancelled(Ok(stand), Some(Ok(()))).await, stopped, "{stand}");
    }
}

#[tokio::test]
async fn what_is_gone_was_cancelled_before() {
    let stopped = Ok(Cancelled::Stopped { used: None });
    assert_eq!(cancelled(Err(404), None).await, stopped);
    assert_eq!(cancelled(Ok("RUNNING"), Some(Err(404))).await, stopped);
    assert_eq!(cancelled(Err(503), None).await, Err(Reason::Unavailable));
    assert_eq!(cancelled(Ok("RUNNING"), Some(Err(502))).await, Err(Reason::Unavailable));
}

#[tokio::test]
async fn no_task_of_ours_is_asked_for_at_the_vendor() {
    let provider = provider(MockRunwayApi::new());
    for id in ["17f2", "17f2~", "17f2~e30", "~", "17f2~bm90aGluZw"] {
        let stranger = UpstreamTask {
            id: id.to_owned(),
            vendor_model: "gen4_turbo".to_owned(),
            poll_after: Duration::ZERO,
        };
        assert_eq!(provider.poll(&stranger).await.unwrap_err().reason, Reason::NotFound, "{id}");
        assert_eq!(provider.cancel(&stranger).await.unwrap_err().reason, Reason::NotFound, "{id}");
    }
}

use fourfold_clients::Media;
use fourfold_clients::aihubmix::{MockAihubmixApi, Video, VideoRequest};
use fourfold_clients::http::{self, Body, ClientError, ErrorKind};
use fourfold_domain::{
    Cancelled, Effect, MediaMaker, Output, OutputSource, Poll, Quantity, Reason, Unit, UpstreamTask,
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::{PNG, check_limits, context, media, provider, taken, wire};

fn video(body: Value) -> Video {
    serde_json::from_value(body).unwrap()
}

/// What the client is asked, and the task that comes of it.
async fn sent(model: &str, input: Value) -> (VideoRequest, UpstreamTask) {
    let mut api = MockAihubmixApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_generate_video().times(1).returning(move |request| {
        tx.send(request.clone()).unwrap();
        Ok(video(json!({"id": "eyJ9channel12", "status": "in_progress"})))
    });
    let task = taken(provider(api).start(media(model, input), context(model)).await.unwrap());
    (rx.recv().unwrap(), task)
}

#[tokio::test]
async fn each_parameter_has_its_place_in_its_family() {
    let link = "https://x.test/a.png";
    for (model, input, expected) in [
        (
            "wan2.6-t2v",
            json!({"prompt": "a fox"}),
            json!({"model": "wan2.6-t2v", "prompt": "a fox", "seconds": "5", "size": "1280x720"}),
        ),
        (
            "wan2.5-t2v-preview",
            json!({"prompt": "a fox", "seconds": 10, "size": "624x624"}),
            json!({"model": "wan2.5-t2v-preview", "prompt": "a fox", "seconds": "10", "size": "624x624"}),
        ),
        (
            "doubao-seedance-2-0-260128",
            json!({"prompt": "a fox", "seconds": 10, "resolution": "480p", "aspect_ratio": "9:16", "references": [link]}),
            json!({"model": "doubao-seedance-2-0-260128", "prompt": "a fox", "duration": 10, "resolution": "480p",
                "ratio": "9:16", "extra_body": {"content": [
                    {"type": "image_url", "image_url": {"url": link}, "role": "reference_image"}]}}),
        ),
    ] {
        let (request, _) = sent(model, input).await;
        assert_eq!(wire(&request), expected);
        assert_eq!(request.input_reference, None);
    }
}

#[tokio::test]
async fn a_picture_to_begin_with_goes_as_a_file() {
    let (request, _) = sent("wan2.6-i2v", json!({"prompt": "a fox", "image": PNG})).await;
    let file = request.input_reference.unwrap();
    assert_eq!((&*file.name, &*file.media_type), ("file.png", "image/png"));
    let gif = json!({"prompt": "a fox", "image": "data:image/gif;base64,R0lG"});
    let refused =
        provider(MockAihubmixApi::new()).start(media("wan2.6-i2v", gif), context("wan2.6-i2v")).await;
    let error = refused.unwrap_err();
    assert_eq!((error.reason, error.effect), (Reason::InvalidRequest, Effect::NotStarted));
    assert!(error.message.starts_with("input.image"), "{error}");
}

#[test]
fn what_a_model_cannot_make_names_its_field() {
    let fox = |more: Value| {
        let mut input = json!({"prompt": "a fox"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    check_limits(
        "wan2.6-t2v",
        &[
            (fox(json!({"seconds": 10, "size": "1920x1080"})), None),
            (fox(json!({"seconds": 15})), Some("input.seconds")),
            (fox(json!({"size": "832x480"})), Some("input.size")),
            (fox(json!({"image": PNG})), Some("input.image")),
            (json!({}), Some("input.prompt")),
        ],
    );
    check_limits("wan2.6-i2v", &[(fox(json!({})), Some("input.image"))]);
    check_limits("wan2.5-i2v-preview", &[(fox(json!({"image": PNG, "size": "832x480"})), None)]);
    check_limits("wan2.2-t2v-plus", &[(fox(json!({"seconds": 10})), Some("input.seconds"))]);
    check_limits("wan2.2-t2v-plus", &[(fox(json!({"size": "1280x720"})), Some("input.size"))]);
    check_limits(
        "doubao-seedance-2-0-fast-260128",
        &[
            (fox(json!({"size": "1280x720"})), Some("input.size")),
            (fox(json!({"resolution": "4k"})), Some("input.resolution")),
            (fox(json!({"references": [PNG, PNG, PNG, PNG, PNG]})), Some("input.references")),
        ],
    );
}

/// How a task of these seconds and this size stands.
async fn polled(body: Value) -> Poll {
    let (_, task) = sent("wan2.6-t2v", json!({"prompt": "a fox"})).await;
    let mut api = MockAihubmixApi::new();
    api.expect_get_video_status().times(1).returning(move |id| {
        assert_eq!(id, "eyJ9channel12");
        Ok(video(body.clone()))
    });
    provider(api).poll(&task).await.unwrap()
}

#[tokio::test]
async fn a_video_is_running_until_it_says_otherwise() {
    for (status, progress) in [("queued", None), ("in_progress", Some("41%")), ("novel", None)] {
        let poll = polled(json!({"id": "v", "status": status, "progress": progress})).await;
        let Poll::Running { progress: told, .. } = poll else { panic!("{poll:?}") };
        assert_eq!(told, progress.map(|_| 41));
    }
    assert!(matches!(polled(json!({"id": "v"})).await, Poll::Running { .. }));
}

#[tokio::test]
async fn what_was_made_is_counted_as_it_was_asked_for() {
    let asked = |seconds| Quantity::new(Unit::VideoSecond, seconds).with("size", "1280x720");
    let (link, handle) =
        (OutputSource::Link("https://cdn.test/a.mp4".into()), OutputSource::Handle("v".into()));
    for (body, source, seconds) in [
        (json!({"id": "v", "status": "completed", "url": "https://cdn.test/a.mp4"}), &link, 5),
        (
            json!({"id": "v", "status": "SUCCEEDED", "video_url": "https://cdn.test/a.mp4", "duration": 4.2}),
            &link,
            5,
        ),
        (json!({"id": "v", "status": "success", "duration": 4, "width": 720, "height": 1280}), &handle, 4),
        (json!({"id": "v", "status": "completed", "seconds": "3", "video_url": ""}), &handle, 3),
        (json!({"id": "v", "status": "completed", "duration": 0}), &handle, 5),
    ] {
        let poll = polled(body.clone()).await;
        let Poll::Done(outputs) = poll else { panic!("{poll:?}") };
        assert_eq!(
            (&outputs.items[0].source, &*outputs.items[0].media_type),
            (source, "video/mp4"),
            "{body}"
        );
        assert_eq!(outputs.quantities, [asked(seconds)], "{body}");
    }
}

#[tokio::test]
async fn a_failure_has_its_reason_wherever_the_channel_puts_it() {
    let failed = |more: Value| {
        let mut body = json!({"id": "v", "status": "failed"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (body, reason, message) in [
        (failed(json!({"error": {"code": "moderation_blocked", "message": "No."}})), Reason::Refused, "No."),
        (
            failed(json!({"message": "Your request was blocked by our moderation system."})),
            Reason::Refused,
            "Your request was blocked by our moderation system.",
        ),
        (failed(json!({"failure_reason": "It broke."})), Reason::Failed, "It broke."),
        (failed(json!({"status": "error", "status_message": "It broke."})), Reason::Failed, "It broke."),
        (json!({"id": "v", "status": "cancelled"}), Reason::Failed, "cancelled"),
    ] {
        let poll = polled(body.clone()).await;
        let Poll::Failed(error) = poll else { panic!("{body}: {poll:?}") };
        assert_eq!(
            (error.reason, error.effect, &*error.message),
            (reason, Effect::Started, message),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_failed_look_is_no_failed_video_and_a_strange_task_is_not_looked_at() {
    let (_, task) = sent("wan2.6-t2v", json!({"prompt": "a fox"})).await;
    let mut api = MockAihubmixApi::new();
    api.expect_get_video_status()
        .times(1)
        .returning(|_| Err(ClientError::new(ErrorKind::Interrupted, http::Effect::NotStarted)));
    let provider = provider(api);
    assert_eq!(provider.poll(&task).await.unwrap_err().reason, Reason::Unavailable);
    for id in ["", "eyJ9channel12", "../../x", "eyJ9channel12~e30"] {
        let error = provider.poll(&UpstreamTask { id: id.to_owned(), ..task.clone() }).await.unwrap_err();
        assert_eq!(error.reason, Reason::NotFound, "{id}");
    }
    assert_eq!(provider.cancel(&task).await.unwrap(), Cancelled::Unsupported);
}

#[tokio::test]
async fn a_video_is_fetched_by_its_link_or_its_id() {
    for (source, link, id) in [
        (OutputSource::Link("https://cdn.test/a.mp4".into()), Some("https://cdn.test/a.mp4"), ""),
        (OutputSource::Handle("eyJ9channel12".into()), None, "eyJ9channel12"),
    ] {
        let mut api = MockAihubmixApi::new();
        api.expect_download_video().times(1).returning(move |video| {
            assert_eq!((video.link(), &*video.id), (link, id));
            Ok(Media { media_type: None, request_id: None, body: Body::from("film") })
        });
        let output = Output { media_type: "video/mp4".to_owned(), source };
        let film: Vec<_> = provider(api).fetch(&output).await.unwrap().try_collect().await.unwrap();
        assert_eq!(film.concat(), b"film");
    }
}

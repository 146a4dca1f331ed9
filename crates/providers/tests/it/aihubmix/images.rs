use fourfold_clients::Media;
use fourfold_clients::aihubmix::{MockAihubmixApi, Prediction};
use fourfold_clients::http::Body;
use fourfold_clients::openai::Images;
use fourfold_domain::{
    Effect, MediaMaker, Output, OutputSource, Poll, Quantity, Reason, Started, Unit, UpstreamTask,
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::{PNG, check_limits, context, done, media, provider, taken, wire};

/// The beginning of a PNG.
const PACKED: &str = "iVBORw0KGgo=";

fn images(pictures: usize) -> Images {
    serde_json::from_value(json!({"data": vec![json!({"b64_json": PACKED}); pictures]})).unwrap()
}

fn prediction(body: Value) -> Prediction {
    serde_json::from_value(body).unwrap()
}

fn fox(more: Value) -> Value {
    let mut input = json!({"prompt": "a fox"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

/// What the client is asked on OpenAI's route.
async fn generated(model: &str, input: Value) -> Value {
    let mut api = MockAihubmixApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_generate_image().times(1).returning(move |request| {
        tx.send(wire(request)).unwrap();
        Ok(images(1))
    });
    done(provider(api).start(media(model, input), context(model)).await.unwrap());
    rx.recv().unwrap()
}

/// What the client is asked on the route for all models: where, and for what.
async fn predicted(model: &str, input: Value) -> (String, Value) {
    let mut api = MockAihubmixApi::new();
    let (tx, rx) = std::sync::mpsc::channel();
    api.expect_predict_image().times(1).returning(move |request| {
        tx.send((format!("{}/{}", request.vendor, request.model), wire(&request.input))).unwrap();
        Ok(prediction(json!({"output": [{"url": "https://cdn.test/a.jpeg?sig=1"}]})))
    });
    done(provider(api).start(media(model, input), context(model)).await.unwrap());
    rx.recv().unwrap()
}

#[tokio::test]
async fn openais_models_go_by_openais_routes() {
    for (name, value, at) in [
        ("size", json!("1536x1024"), "/size"),
        ("quality", json!("high"), "/quality"),
        ("n", json!(2), "/n"),
        ("format", json!("webp"), "/output_format"),
        ("background", json!("opaque"), "/background"),
        ("output_compression", json!(50), "/output_compression"),
        ("moderation", json!("low"), "/moderation"),
    ] {
        for model in ["gpt-image-2", "gpt-image-1.5"] {
            let sent = generated(model, fox(json!({name: value}))).await;
            assert_eq!(sent.pointer(at), Some(&value), "{model} {name}");
        }
    }
    let mut api = MockAihubmixApi::new();
    api.expect_edit_image().times(1).returning(|edit| {
        assert_eq!(
            (edit.images.len(), &edit.images[0].name, edit.mask.is_some()),
            (2, &"file.png".to_owned(), true)
        );
        assert_eq!(wire(&edit.request)["input_fidelity"], "high");
        Ok(images(1))
    });
    let input = fox(json!({"image": [PNG, PNG], "mask": PNG, "input_fidelity": "high"}));
    provider(api).start(media("gpt-image-1.5", input), context("gpt-image-1.5")).await.unwrap();
}

#[tokio::test]
async fn models_whose_path_nobody_names_go_by_openais_routes_too() {
    for (model, input, expected) in [
        ("wan2.6-t2i", fox(json!({"size": "768x1024"})), json!({"size": "768*1024", "n": 1})),
        ("qwen-image-max", fox(json!({"n": 2})), json!({"size": "1024*1024", "n": 2})),
        ("glm-image", fox(json!({"quality": "hd"})), json!({"size": "1024x1024", "n": 1, "quality": "hd"})),
    ] {
        let mut sent = generated(model, input).await;
        let fields = sent.as_object_mut().unwrap();
        assert_eq!(
            (fields.remove("model"), fields.remove("prompt")),
            (Some(json!(model)), Some(json!("a fox")))
        );
        assert_eq!(sent, expected, "{model}");
    }
}

#[tokio::test]
async fn each_parameter_has_its_place_on_the_route_for_all_models() {
    let link = "https://x.test/a.png";
    for (model, path, input, expected) in [
        ("qwen-image", "qianfan/qwen-image", json!({"n": 2}), json!({"size": "1024*1024", "n": 2})),
        (
            "qwen-image-edit",
            "qianfan/qwen-image-edit",
            json!({"image": PNG, "size": "512x512"}),
            json!({"size": "512*512", "image": PNG}),
        ),
        ("doubao-seedream-4-5", "doubao/doubao-seedream-4-5", json!({}), json!({"size": "2K"})),
        (
            "doubao-seedream-4-0",
            "doubao/doubao-seedream-4-0",
            json!({"resolution": "4K", "image": [link, PNG], "n": 3}),
            json!({"size": "4K", "image": [link, PNG], "n": 3}),
        ),
        (
            "flux-2-pro",
            "bfl/flux-2-pro",
            json!({"aspect_ratio": "21:9", "safety_tolerance": 5}),
            json!({"aspect_ratio": "21:9", "safety_tolerance": 5}),
        ),
        ("FLUX.1-Kontext-pro", "bfl/FLUX.1-Kontext-pro", json!({}), json!({"aspect_ratio": "1:1"})),
        ("irag-1.0", "qianfan/irag-1.0", json!({}), json!({})),
        ("V3", "ideogram/V3", json!({"n": 2}), json!({"n": 2})),
    ] {
        let (sent_to, mut sent) = predicted(model, fox(input)).await;
        assert_eq!(sent.as_object_mut().unwrap().remove("prompt"), Some(json!("a fox")));
        assert_eq!((&*sent_to, sent), (path, expected));
    }
}

#[test]
fn what_a_model_cannot_draw_names_its_field() {
    check_limits(
        "gpt-image-1.5",
        &[
            (fox(json!({"size": "1536x1024"})), None),
            (fox(json!({"size": "2048x2048"})), Some("input.size")),
            (fox(json!({"n": 11})), Some("input.n")),
            (fox(json!({"input_fidelity": "high", "image": PNG})), None),
            (fox(json!({"input_fidelity": "high"})), Some("input.input_fidelity")),
        ],
    );
    check_limits(
        "gpt-image-2",
        &[(fox(json!({"input_fidelity": "high", "image": PNG})), Some("input.input_fidelity"))],
    );
    check_limits(
        "qwen-image",
        &[
            (fox(json!({"size": "4096x256"})), None),
            (fox(json!({"size": "4097x256"})), Some("input.size")),
            (fox(json!({"image": PNG})), Some("input.image")),
        ],
    );
    check_limits("qwen-image-edit", &[(fox(json!({})), Some("input.image"))]);
    check_limits("qwen-image-edit", &[(fox(json!({"image": [PNG, PNG]})), Some("input.image"))]);
    check_limits(
        "doubao-seedream-5.0-lite",
        &[
            (fox(json!({"resolution": "3K"})), Some("input.resolution")),
            (fox(json!({"size": "1024x1024"})), Some("input.size")),
            (fox(json!({"image": vec![PNG; 11]})), Some("input.image")),
        ],
    );
    check_limits(
        "flux-2-flex",
        &[
            (fox(json!({"n": 2})), Some("input.n")),
            (fox(json!({"aspect_ratio": "22:9"})), Some("input.aspect_ratio")),
            (fox(json!({"safety_tolerance": 6})), Some("input.safety_tolerance")),
        ],
    );
    check_limits("glm-image", &[(fox(json!({"quality": "high"})), Some("input.quality"))]);
}

/// What comes of an answer to two pictures.
async fn answered(body: Value) -> Result<Started, fourfold_domain::ProviderError> {
    let mut api = MockAihubmixApi::new();
    api.expect_predict_image().times(1).returning(move |_| Ok(prediction(body.clone())));
    let request = media("doubao-seedream-4-5", fox(json!({"n": 2})));
    provider(api).start(request, context("doubao-seedream-4-5")).await
}

#[tokio::test]
async fn pictures_are_taken_in_every_shape_and_counted() {
    let two = Quantity::new(Unit::Image, 2).with("resolution", "2K");
    let link = |name: &str| OutputSource::Link(format!("https://cdn.test/{name}"));
    let body = json!({"output": [{"url": "https://cdn.test/a.jpg?x=1"}, {"url": "https://cdn.test/b"}], "usage": {"t": 1}});
    let outputs = done(answered(body).await.unwrap());
    let types: Vec<_> = outputs.items.iter().map(|item| &*item.media_type).collect();
    assert_eq!((types, &outputs.items[0].source), (vec!["image/jpeg", "image/png"], &link("a.jpg?x=1")));
    assert_eq!((&outputs.quantities, &outputs.missing), (&vec![two.clone()], &None));
    assert_eq!(outputs.vendor["usage"], json!({"t": 1}));
    let outputs =
        done(answered(json!({"output": {"b64_json": [{"bytesBase64": "/9j/4A=="}]}})).await.unwrap());
    assert_eq!(outputs.items[0].media_type, "image/jpeg");
    assert_eq!(outputs.quantities, [Quantity { count: 1, ..two }]);
    assert_eq!(outputs.missing.as_deref(), Some("the vendor made 1 of 2 pictures"));
}

#[tokio::test]
async fn an_answer_without_a_picture_is_a_failure() {
    for (body, reason) in [
        (json!({"output": []}), Reason::Failed),
        (json!({"status": "failed", "error": {"code": "moderation_blocked"}}), Reason::Refused),
        (json!({"status": "Request Moderated"}), Reason::Refused),
    ] {
        let error = answered(body.clone()).await.unwrap_err();
        assert_eq!((error.reason, error.effect), (reason, Effect::Started), "{body}");
    }
}

/// The task of a picture that takes a while.
async fn begun(body: Value) -> UpstreamTask {
    let mut api = MockAihubmixApi::new();
    api.expect_predict_image().times(1).returning(move |_| Ok(prediction(body.clone())));
    taken(provider(api).start(media("flux-2-pro", fox(json!({}))), context("flux-2-pro")).await.unwrap())
}

async fn polled(
    task: &UpstreamTask,
    url: &'static str,
    body: Value,
) -> Result<Poll, fourfold_domain::ProviderError> {
    let mut api = MockAihubmixApi::new();
    api.expect_get_prediction().times(1).returning(move |task| {
        assert_eq!((&*task.id, &*task.polling_url), ("t", url));
        Ok(prediction(body.clone()))
    });
    provider(api).poll(task).await
}

#[tokio::test]
async fn a_picture_that_takes_a_while_is_looked_at_again() {
    let url = "https://api.test/tasks/t";
    let task = begun(json!({"output": [{"taskId": "t", "polling_url": url}]})).await;
    let by_id = begun(json!({"output": [{"taskId": "t"}]})).await;
    assert!(matches!(polled(&by_id, "", json!({"status": "Pending"})).await, Ok(Poll::Running { .. })));
    assert!(matches!(polled(&task, url, json!({"status": "Novel"})).await, Ok(Poll::Running { .. })));
    for done in [
        json!({"status": "Ready", "result": {"sample": "https://cdn.test/a.png"}}),
        json!({"output": [{"url": "https://cdn.test/a.png"}]}),
    ] {
        let poll = polled(&task, url, done).await.unwrap();
        let Poll::Done(outputs) = poll else { panic!("{poll:?}") };
        assert_eq!(outputs.items[0].source, OutputSource::Link("https://cdn.test/a.png".into()));
        assert_eq!(outputs.quantities, [Quantity::new(Unit::Image, 1)]);
    }
    for (status, reason) in
        [("Content Moderated", Reason::Refused), ("Error", Reason::Failed), ("Ready", Reason::Failed)]
    {
        let poll = polled(&task, url, json!({"status": status})).await.unwrap();
        let Poll::Failed(error) = poll else { panic!("{poll:?}") };
        assert_eq!((error.reason, error.effect), (reason, Effect::Started), "{status}");
    }
    let unknown = polled(&task, url, json!({"status": "Task not found"})).await.unwrap_err();
    assert_eq!(unknown.reason, Reason::NotFound);
}

#[tokio::test]
async fn a_picture_is_fetched_by_its_link() {
    let mut api = MockAihubmixApi::new();
    api.expect_download_image().times(1).returning(|link| {
        assert_eq!(link, "https://cdn.test/a.png");
        Ok(Media { media_type: None, request_id: None, body: Body::from("PNG") })
    });
    let provider = provider(api);
    for source in [OutputSource::Link("https://cdn.test/a.png".into()), OutputSource::Bytes("PNG".into())] {
        let output = Output { media_type: "image/png".to_owned(), source };
        let picture: Vec<_> = provider.fetch(&output).await.unwrap().try_collect().await.unwrap();
        assert_eq!(picture.concat(), b"PNG");
    }
}

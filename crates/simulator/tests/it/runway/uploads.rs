//! Files that are sent before they are used.

use std::time::Duration;

use fourfold_simulator::Simulator;
use http::{Method, Request};
use serde_json::{Value, json};

use super::{check_path, check_refused, outputs, post, start, versioned, video};
use crate::support::{Answered, Form, png, png_size, send, simulator};

const FROM_IMAGE: &str = "image_to_video";

async fn announce(simulator: &Simulator) -> Value {
    post(simulator, "uploads", &json!({"filename": "a.png", "type": "ephemeral"})).await.json()
}

/// The form that was asked for, without the file.
fn fields(announced: &Value) -> Form {
    let fields = announced["fields"].as_object().unwrap();
    fields.iter().fold(Form::new(), |form, (field, value)| form.text(field, value.as_str().unwrap()))
}

fn target(announced: &Value) -> &str {
    announced["uploadUrl"].as_str().unwrap().strip_prefix("http://simulator.test").unwrap()
}

async fn send_file(simulator: &Simulator, announced: &Value, form: Form) -> Answered {
    let request = Request::post(target(announced)).header("content-type", Form::MEDIA_TYPE);
    send(simulator, request.body(form.body().into()).unwrap()).await
}

/// Uploads a picture. Returns what it is called by.
async fn uploaded(simulator: &Simulator) -> String {
    let announced = announce(simulator).await;
    let form = fields(&announced).file("file", "a.png", "image/png", &png(64, 48));
    let answer = send_file(simulator, &announced, form).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (204, 0), "{answer:?}");
    announced["runwayUri"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_uploaded_picture_becomes_a_video() {
    let simulator = simulator();
    let uri = uploaded(&simulator).await;
    assert!(uri.starts_with("runway://"), "{uri}");
    start(&simulator, FROM_IMAGE, &video(json!({"promptImage": uri}))).await;
    let upscale = json!({"model": "magnific_precision_upscaler_v2", "imageUri": uri, "scaleFactor": 4});
    let id = start(&simulator, "image_upscale", &upscale).await;
    assert_eq!(png_size(&outputs(&simulator, &id).await[0].body), (256, 192));
    // Sending it was free.
    assert_eq!(simulator.counts().paid_tasks, 2);
}

#[tokio::test]
async fn an_upload_works_for_a_day() {
    let simulator = simulator();
    let uri = uploaded(&simulator).await;
    let late = announce(&simulator).await;
    let asked = video(json!({"promptImage": uri}));
    simulator.advance(Duration::from_secs(24 * 60 * 60));
    post(&simulator, FROM_IMAGE, &asked).await.json();
    simulator.advance(Duration::from_secs(1));
    check_path(&post(&simulator, FROM_IMAGE, &asked).await, "promptImage");
    let form = fields(&late).file("file", "a.png", "image/png", &png(64, 48));
    assert_eq!(send_file(&simulator, &late, form).await.status.as_u16(), 403);
}

#[tokio::test]
async fn an_upload_is_for_its_own_key_once_it_came_and_for_its_kind() {
    let simulator = simulator();
    let asked = |uri: &str| video(json!({"promptImage": uri}));
    let announced = announce(&simulator).await;
    let awaited = announced["runwayUri"].as_str().unwrap();
    for uri in [awaited, "runway://nothing", "runway://"] {
        check_path(&post(&simulator, FROM_IMAGE, &asked(uri)).await, "promptImage");
    }
    let uri = uploaded(&simulator).await;
    let mut request = versioned(Method::POST, FROM_IMAGE).body(asked(&uri).to_string().into()).unwrap();
    request.headers_mut().insert("authorization", "Bearer other".parse().unwrap());
    check_path(&send(&simulator, request).await, "promptImage");
    check_path(
        &post(&simulator, "video_to_video", &json!({"model": "aleph2", "videoUri": uri})).await,
        "videoUri",
    );
}

#[tokio::test]
async fn a_form_brings_its_fields_and_then_the_file() {
    let simulator = simulator();
    let announced = announce(&simulator).await;
    let file = |form: Form| form.file("file", "a.png", "image/png", &png(64, 48));
    let late = announced["fields"].as_object().unwrap().iter();
    let late = late.fold(file(Form::new()), |form, (field, value)| form.text(field, value.as_str().unwrap()));
    let with_policy = |policy: &str| {
        let key = announced["fields"]["key"].as_str().unwrap();
        let signature = announced["fields"]["x-amz-signature"].as_str().unwrap();
        file(Form::new().text("key", key).text("policy", policy).text("x-amz-signature", signature))
    };
    for (form, status) in [
        (file(Form::new()), 403),
        (late, 403),
        (with_policy("another"), 403),
        (fields(&announced), 400),
        (fields(&announced).file("picture", "a.png", "image/png", &png(64, 48)), 400),
        (with_policy(announced["fields"]["policy"].as_str().unwrap()), 204),
        // A second one takes its place.
        (file(fields(&announced)), 204),
    ] {
        let answer = send_file(&simulator, &announced, form).await;
        assert_eq!(answer.status.as_u16(), status, "{:?}", answer.body);
    }
}

#[tokio::test]
async fn a_file_is_sent_without_a_key_to_its_own_url() {
    let simulator = simulator();
    let announced = announce(&simulator).await;
    let body = || fields(&announced).file("file", "a.png", "image/png", &png(64, 48)).body();
    let post = |path: &str| Request::post(path).header("content-type", Form::MEDIA_TYPE);
    let path = target(&announced);
    for (request, status) in [
        (post(path).header("authorization", "Bearer mine"), 400),
        (post("/_uploads/nothing"), 404),
        (Request::put(path), 405),
        (Request::post(path), 400),
        (post(path), 204),
    ] {
        let answer = send(&simulator, request.body(body().into()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{:?}", answer.body);
    }
    let received = simulator.received();
    let last = received.last().unwrap();
    assert_eq!((last.vendor, last.path.as_str()), (None, path));
}

#[tokio::test]
async fn sending_a_file_has_faults() {
    let simulator = simulator();
    simulator.fault("POST /_uploads/*", "status=503; times=1").unwrap();
    simulator.fault("POST /_uploads/*", "status=504; accept; times=1").unwrap();
    let announced = announce(&simulator).await;
    let uri = json!({"promptImage": announced["runwayUri"]});
    let form = || fields(&announced).file("file", "a.png", "image/png", &png(64, 48));
    assert_eq!(send_file(&simulator, &announced, form()).await.status.as_u16(), 503);
    post(&simulator, FROM_IMAGE, &video(uri.clone())).await.refusal(400);
    assert_eq!(send_file(&simulator, &announced, form()).await.status.as_u16(), 504);
    post(&simulator, FROM_IMAGE, &video(uri)).await.json();
}

#[tokio::test]
async fn an_upload_that_breaks_a_rule_is_refused() {
    check_refused(
        "uploads",
        [
            (json!({"type": "ephemeral"}), "filename"),
            (json!({"filename": "", "type": "ephemeral"}), "filename"),
            (json!({"filename": "a".repeat(256), "type": "ephemeral"}), "filename"),
            (json!({"filename": "a.png"}), "type"),
            (json!({"filename": "a.png", "type": "lasting"}), "type"),
        ],
    )
    .await;
}

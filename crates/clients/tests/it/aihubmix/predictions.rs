use std::time::Duration;

use fourfold_clients::aihubmix::{
    AihubmixApi, Prediction, PredictionInput, PredictionRequest, PredictionTask, TaskStatus,
};
use fourfold_clients::http::{Effect, ErrorKind};
use fourfold_clients::openai::Image;
use fourfold_clients::{Wait, WaitError};
use fourfold_simulator::{FILTERED, Timings};
use serde_json::{Value, json};

use super::support::{WIRE, client_of, roaming_client_of, simulated};
use crate::support::{Reply, Server, check_kept, check_paid_once};

fn fox(vendor: &str, model: &str) -> PredictionRequest {
    PredictionRequest::new(vendor, model, PredictionInput::new("a fox"))
}

/// A picture that takes a while.
fn slow(prompt: &str) -> PredictionRequest {
    PredictionRequest::new("bfl", "flux-kontext-pro", PredictionInput::new(prompt).aspect_ratio("16:9"))
}

fn prediction(body: Value) -> Prediction {
    serde_json::from_value(body).unwrap()
}

#[tokio::test]
async fn a_picture_is_asked_for_and_read_as_recorded() {
    let recorded = include_str!("wire/predict_image.response.json");
    let server = Server::start([Reply::ok(recorded)]).await;
    let input = PredictionInput::new("a lake").size("1024x1024").n(1_u32).quality("high").with("seed", 7);
    let request = PredictionRequest::new("a/b", "FLUX.1-Kontext-pro", input);
    let prediction = client_of(&server).predict_image(&request).await.unwrap();
    let sent = include_str!("wire/predict_image.request.json");
    let line = "POST /v1/models/a%2Fb/FLUX.1-Kontext-pro/predictions";
    WIRE.check_sent(&server.only_received(), line, sent);
    check_kept(&prediction, recorded);
    assert_eq!(prediction.images()[0].bytes().unwrap().unwrap(), "picture");
    assert!(prediction.tasks().is_empty());
}

#[test]
fn pictures_are_found_in_every_shape() {
    let packed = |packed: &str| Image::default().b64_json(packed);
    let linked = |link: &str| Image::default().url(link);
    let (a, b) = ("https://a.test/a.png", "http://b.test/b.png?c=d");
    for (output, expected) in [
        (json!([{"b64_json": {"bytesBase64": "AA=="}}, {"url": a}]), vec![packed("AA=="), linked(a)]),
        (
            json!({"b64_json": [{"bytesBase64": "AA=="}, {"bytesBase64": "AQ=="}], "urls": []}),
            vec![packed("AA=="), packed("AQ==")],
        ),
        (json!([{"b64_json": "AA==", "url": a}]), vec![packed("AA==").url(a)]),
        (json!([{"b64_json": null, "url": a}]), vec![linked(a)]),
        (json!([{"b64_json": "", "url": ""}]), vec![]),
        (json!({"b64_json": "data:image/png;base64,AA=="}), vec![packed("AA==")]),
        (json!({"bytesBase64Encoded": "AA==", "mimeType": "image/png"}), vec![packed("AA==")]),
        (json!([a, b, "data:image/png;base64,AA=="]), vec![linked(a), linked(b), packed("AA==")]),
        (json!(a), vec![linked(a)]),
        (json!({"url": [a, b]}), vec![linked(a), linked(b)]),
        (json!({"images": [{"url": a}], "novel": [{"url": b}]}), vec![linked(a)]),
        (json!({"image": {"url": a}}), vec![linked(a)]),
        (json!([{"taskId": "t", "polling_url": a}]), vec![]),
        (json!("no link"), vec![]),
        (json!(null), vec![]),
        (json!(7), vec![]),
    ] {
        assert_eq!(prediction(json!({"output": output})).images(), expected, "{output}");
    }
    assert_eq!(prediction(json!({"data": [{"url": a}]})).images(), [linked(a)]);
    assert_eq!(prediction(json!({"result": {"sample": a, "prompt": b}})).images(), [linked(a)]);
    assert_eq!(prediction(json!({"novel": a})).images(), []);
}

#[test]
fn tasks_are_found_in_every_shape() {
    let url = "https://a.test/tasks/1?sig=signed";
    let tasks = |body: Value| prediction(body).tasks();
    assert_eq!(
        tasks(json!({"output": [{"taskId": "t", "polling_url": url}]})),
        [PredictionTask::new("t", url)]
    );
    assert_eq!(tasks(json!({"output": {"task_id": "t", "task_url": url}})), [PredictionTask::new("t", url)]);
    assert_eq!(tasks(json!({"id": "t", "polling_url": url})), [PredictionTask::new("t", url)]);
    let nameless = PredictionTask::new("https://a.test/tasks/1", url);
    assert_eq!(tasks(json!({"output": [{"pollingUrl": url}]})), std::slice::from_ref(&nameless));
    assert_eq!(format!("{nameless:?}"), r#"PredictionTask { id: "https://a.test/tasks/1", .. }"#);
    let by_id = PredictionTask::new("t", "");
    assert_eq!(tasks(json!({"output": [{"taskId": "t"}]})), std::slice::from_ref(&by_id));
    assert_eq!(tasks(json!({"output": [{"id": "t"}, {"taskId": ""}, "t", {"polling_url": "t"}]})), []);
}

#[tokio::test]
async fn a_task_is_looked_at_and_read_as_recorded() {
    let recorded = include_str!("wire/get_prediction.response.json");
    let foreign = Server::start([Reply::ok(recorded)]).await;
    let own = Server::start([Reply::ok(recorded)]).await;
    let client = roaming_client_of(&own);
    let task = |server: &Server| PredictionTask::new("t", format!("{}/v1/tasks/t", server.url()));
    let prediction = client.get_prediction(&task(&own)).await.unwrap();
    WIRE.check_asked(&own.only_received(), "GET /v1/tasks/t");
    check_kept(&prediction, recorded);
    assert_eq!(prediction.status, Some(TaskStatus::from("Ready")));
    assert_eq!(prediction.images()[0].url.as_deref(), Some("https://delivery.test/a.png?sig=s"));
    let by_id = Server::start([Reply::ok(recorded)]).await;
    client_of(&by_id).get_prediction(&PredictionTask::new("t/1", "")).await.unwrap();
    WIRE.check_asked(&by_id.only_received(), "GET /v1/tasks/t%2F1");
    // The models' own vendors don't get the key.
    client.get_prediction(&task(&foreign)).await.unwrap();
    assert_eq!(foreign.only_received().header("authorization"), None);
}

#[tokio::test]
async fn the_simulator_answers_in_the_shape_of_each_model() {
    let (simulator, client) = simulated();
    for (vendor, model) in [
        ("openai", "gpt-image-2"),
        ("qwen", "qwen-image"),
        ("doubao", "doubao-seedream-4-0"),
        ("bfl", "FLUX.1-Kontext-pro"),
    ] {
        let prediction = client.predict_image(&fox(vendor, model)).await.unwrap();
        let [image] = prediction.images().try_into().unwrap();
        match (image.bytes().unwrap(), image.url) {
            (Some(bytes), None) => assert!(bytes.starts_with(b"\x89PNG"), "{model}"),
            (None, Some(link)) => _ = client.download_image(&link).await.unwrap(),
            other => panic!("{model}: {other:?}"),
        }
    }
    assert_eq!(simulator.paid_tasks().len(), 4);
    let error = client.predict_image(&fox("openai", "no-such-model")).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (503, false));
}

#[tokio::test(start_paused = true)]
async fn the_simulator_makes_a_picture_that_takes_a_while() {
    let (simulator, client) = simulated();
    let timings = Timings { task_queued: Duration::from_secs(5), ..Timings::default() };
    simulator.set_timings(timings.clone());
    let begun = client.predict_image(&slow("a fox")).await.unwrap();
    assert!(begun.images().is_empty());
    let [task] = begun.tasks().try_into().unwrap();
    assert_eq!(task.id, simulator.paid_tasks()[0].task_id);
    assert!(!client.get_prediction(&task).await.unwrap().status.unwrap().is_completed());
    let done = client.wait_for_prediction(&task, &Wait::default()).await.unwrap();
    client.download_image(done.images()[0].url.as_deref().unwrap()).await.unwrap();
    // Longer than anybody waits.
    simulator.set_timings(Timings { task_queued: Duration::from_secs(5000), ..timings });
    let [task] = client.predict_image(&slow("a hen")).await.unwrap().tasks().try_into().unwrap();
    let wait = Wait::default().deadline(Duration::from_secs(60));
    match client.wait_for_prediction(&task, &wait).await.unwrap_err() {
        WaitError::StillRunning { id } => assert_eq!(id, task.id),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_picture_that_failed_or_is_unknown_ends_the_wait() {
    let (simulator, client) = simulated();
    let mut told = Vec::new();
    for (prompt, fault) in
        [(FILTERED, ""), ("a fox", "task=fail; code=Content Moderated; message=No"), ("a fox", "task=fail")]
    {
        let fault = (!fault.is_empty()).then(|| simulator.fault("POST /aihubmix/*", fault).unwrap());
        let [task] = client.predict_image(&slow(prompt)).await.unwrap().tasks().try_into().unwrap();
        fault.map(|fault| simulator.clear_fault(fault));
        match client.wait_for_prediction(&task, &Wait::default()).await.unwrap_err() {
            WaitError::Failed { code, message, .. } => told.push((code.unwrap(), message)),
            other => panic!("{other:?}"),
        }
    }
    let no = Some("No".to_owned());
    let expected = [("Request Moderated", None), ("Content Moderated", no), ("Error", None)];
    assert_eq!(told, expected.map(|(code, message)| (code.to_owned(), message)));
    let unknown = PredictionTask::new("t", format!("{}/tasks/t", client.http().base_url()));
    match client.wait_for_prediction(&unknown, &Wait::default()).await.unwrap_err() {
        WaitError::Look { source, .. } => assert_eq!(source.status().unwrap().as_u16(), 404),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_picture_survives_looks_that_fail() {
    let looks = (0..4).map(|_| Reply::status(500, &[], "")).chain([
        Reply::ok(r#"{"status":"Pending","result":null}"#),
        Reply::ok(r#"{"output":[{"url":"https://a.test/a.png"}]}"#),
    ]);
    let server = Server::start(looks).await;
    let task = PredictionTask::new("t", "/v1/tasks/t");
    let done = client_of(&server).wait_for_prediction(&task, &Wait::default()).await.unwrap();
    assert_eq!(done.images().len(), 1);
}

#[tokio::test]
async fn a_task_on_the_inside_is_not_looked_at() {
    let (inside, own) = (Server::start([]).await, Server::start([]).await);
    let error = client_of(&own).get_prediction(&PredictionTask::new("t", inside.url())).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::AddressRefused, Effect::NotStarted));
}

#[tokio::test]
async fn pictures_that_may_have_been_paid_are_not_asked_for_again() {
    for fault in ["lose", "status=502; accept", "malformed", "cut=20"] {
        for request in [fox("qwen", "qwen-image"), slow("a fox")] {
            let (simulator, client) = simulated();
            simulator.fault("POST /aihubmix/v1/models/*", fault).unwrap();
            check_paid_once(&simulator, client.predict_image(&request).await);
        }
    }
}

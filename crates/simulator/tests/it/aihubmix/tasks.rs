//! Pictures that take a while.

use std::time::Duration;

use fourfold_simulator::Simulator;
use http::Method;
use serde_json::{Value, json};

use crate::support::{get, png_size, post, request, send, simulator, slow_simulator};

const KONTEXT: &str = "/aihubmix/v1/models/bfl/flux-kontext-max/predictions";

/// Where the picture is asked for.
async fn start(simulator: &Simulator, prompt: &str, fault: &str) -> String {
    let body = json!({"input": {"prompt": prompt, "aspect_ratio": "16:9"}});
    let request = request(Method::POST, KONTEXT).header("x-simulator-fault", fault);
    let accepted = send(simulator, request.body(body.to_string().into()).unwrap()).await.json();
    let task = &accepted["output"][0];
    assert_eq!(simulator.paid_tasks().last().unwrap().task_id, task["taskId"].as_str().unwrap());
    let url = task["polling_url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/aihubmix/v1/tasks/{}", task["taskId"].as_str().unwrap())));
    url.strip_prefix("http://simulator.test").unwrap().to_owned()
}

#[tokio::test]
async fn a_picture_is_pending_and_then_ready() {
    let simulator = slow_simulator();
    let path = start(&simulator, "a fox", "").await;
    for _ in 0..2 {
        let pending = get(&simulator, &path).await.json();
        assert_eq!((&pending["status"], &pending["result"]), (&json!("Pending"), &Value::Null));
        simulator.advance(Duration::from_secs(3));
    }
    let ready = get(&simulator, &path).await.json();
    assert_eq!(ready["status"], "Ready");
    let link = ready["result"]["sample"].as_str().unwrap();
    let picture = get(&simulator, link.strip_prefix("http://simulator.test").unwrap()).await;
    assert_eq!(png_size(&picture.body), (1024, 576));
    // The link stays the same.
    assert_eq!(get(&simulator, &path).await.json(), ready);
}

#[tokio::test]
async fn a_picture_fails_stalls_or_is_forgotten_on_demand() {
    let simulator = simulator();
    for (prompt, fault, status, detail) in [
        ("a fox", "task=fail", "Error", Value::Null),
        ("a fox", "task=fail; code=Content Moderated; message=No", "Content Moderated", json!("No")),
        ("a [filtered] fox", "", "Request Moderated", Value::Null),
        ("a fox", "task=stall", "Pending", Value::Null),
    ] {
        let path = start(&simulator, prompt, fault).await;
        let shown = get(&simulator, &path).await.json();
        assert_eq!((&shown["status"], &shown["result"]), (&json!(status), &Value::Null));
        assert_eq!(shown["detail"], detail);
    }
    let forgotten = start(&simulator, "a fox", "task=forget").await;
    get(&simulator, &forgotten).await.refusal(404);
}

#[tokio::test]
async fn a_task_is_no_video_and_a_video_no_task() {
    let simulator = simulator();
    let path = start(&simulator, "a fox", "").await;
    get(&simulator, &path.replace("/tasks/", "/videos/")).await.refusal(404);
    let video = json!({"model": "sora-2", "prompt": "a fox"});
    let video = post(&simulator, "/aihubmix/v1/videos", &video).await.json();
    get(&simulator, &format!("/aihubmix/v1/tasks/{}", video["id"].as_str().unwrap())).await.refusal(404);
    get(&simulator, "/aihubmix/v1/tasks/nothing").await.refusal(404);
}

//! Tasks and their states.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::{delete, get, outputs, post, start, start_with, task, versioned, video};
use crate::support::{send, simulator, slow_simulator};

const FROM_IMAGE: &str = "image_to_video";
/// When the tests' clock stands.
const CREATED_AT: &str = "2026-09-21T14:13:20.000Z";

#[tokio::test]
async fn a_task_moves_through_its_states() {
    let simulator = slow_simulator();
    let created = post(&simulator, FROM_IMAGE, &video(json!({}))).await.json();
    let id = created["id"].as_str().unwrap();
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(created, json!({"id": id, "estimatedCost": {"credits": 25}}));
    let mut expected = json!({
        "id": id, "status": "PENDING", "createdAt": CREATED_AT, "estimatedCost": {"credits": 25},
    });
    assert_eq!(task(&simulator, id).await, expected);
    expected["status"] = json!("RUNNING");
    for (seconds, progress) in [(2, 0.0), (1, 0.25), (2, 0.75)] {
        simulator.advance(Duration::from_secs(seconds));
        expected["progress"] = json!(progress);
        assert_eq!(task(&simulator, id).await, expected);
    }
    simulator.advance(Duration::from_secs(1));
    let mut done = task(&simulator, id).await;
    let links = done["output"].take();
    assert!(links[0].as_str().unwrap().starts_with("http://simulator.test/_media/"), "{links}");
    let expected = json!({
        "id": id, "status": "SUCCEEDED", "createdAt": CREATED_AT, "output": null, "cost": {"credits": 25},
    });
    assert_eq!(done, expected);
    assert_eq!(simulator.paid_tasks()[0].task_id, id);
}

#[tokio::test]
async fn links_are_fresh_each_time_and_expire() {
    let simulator = simulator();
    let id = start(&simulator, FROM_IMAGE, &video(json!({}))).await;
    let link = task(&simulator, &id).await["output"][0].as_str().unwrap().to_owned();
    simulator.advance(Duration::from_secs(60 * 60 + 1));
    let path = link.strip_prefix("http://simulator.test").unwrap();
    let expired = send(&simulator, Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(expired.status.as_u16(), 403);
    assert_ne!(task(&simulator, &id).await["output"][0], link);
    assert_eq!(outputs(&simulator, &id).await[0].status.as_u16(), 200);
}

#[tokio::test]
async fn what_a_model_may_choose_is_estimated_at_its_most() {
    let simulator = slow_simulator();
    let asked = video(json!({"model": "seedance2_mini", "duration": "auto"}));
    let id = start(&simulator, FROM_IMAGE, &asked).await;
    assert_eq!(task(&simulator, &id).await["estimatedCost"], json!({"credits": 225}));
    simulator.advance(Duration::from_secs(6));
    assert_eq!(task(&simulator, &id).await["cost"], json!({"credits": 75}));
}

#[tokio::test]
async fn a_task_fails_stalls_is_cancelled_or_is_forgotten_on_demand() {
    let simulator = slow_simulator();
    let start = async |fault: &str| start_with(&simulator, fault, FROM_IMAGE, &video(json!({}))).await;
    let failed = start("task=fail").await;
    let coded = start("task=fail; code=INTERNAL.BAD_OUTPUT.CODE01; message=No").await;
    let cancelled = start("task=fail; code=CANCELLED").await;
    let stalled = start("task=stall").await;
    let forgotten = start("task=forget").await;
    simulator.advance(Duration::from_secs(3600));
    let free = json!({"credits": 0});
    let base =
        |id: &str, status: &str| json!({"id": id, "status": status, "createdAt": CREATED_AT, "cost": free});
    let mut expected = base(&failed, "FAILED");
    expected["failure"] = json!("An unexpected error occurred.");
    expected["failureCode"] = json!("INTERNAL");
    assert_eq!(task(&simulator, &failed).await, expected);
    let mut expected = base(&coded, "FAILED");
    (expected["failure"], expected["failureCode"]) = (json!("No"), json!("INTERNAL.BAD_OUTPUT.CODE01"));
    assert_eq!(task(&simulator, &coded).await, expected);
    assert_eq!(task(&simulator, &cancelled).await, base(&cancelled, "CANCELLED"));
    let stalled = task(&simulator, &stalled).await;
    assert_eq!((&stalled["status"], &stalled["progress"]), (&json!("RUNNING"), &json!(0.5)));
    get(&simulator, &format!("tasks/{forgotten}")).await.refusal(404);
    // Accepted is accepted.
    assert_eq!(simulator.counts().paid_tasks, 5);
}

#[tokio::test]
async fn what_the_filter_catches_fails_in_the_end() {
    let simulator = slow_simulator();
    let shots = json!({"multiPrompt": [{"prompt": "[filtered]", "duration": 3}]});
    let shots = json!({"model": "kling3.0_pro", "ratio": "1920:1080", "providerSettings": shots});
    let said = video(json!({"promptText": "a [filtered] fox"}));
    for (path, asked) in [(FROM_IMAGE, said), ("text_to_video", shots)] {
        let id = start(&simulator, path, &asked).await;
        assert_eq!(task(&simulator, &id).await["status"], "PENDING");
        simulator.advance(Duration::from_secs(6));
        let failed = task(&simulator, &id).await;
        assert_eq!(
            (&failed["status"], &failed["failureCode"], &failed["cost"]),
            (&json!("FAILED"), &json!("SAFETY.INPUT.TEXT"), &json!({"credits": 0}))
        );
    }
}

#[tokio::test]
async fn a_deleted_task_is_not_found() {
    let simulator = slow_simulator();
    for seconds in [0, 3, 6] {
        let id = start(&simulator, FROM_IMAGE, &video(json!({}))).await;
        simulator.advance(Duration::from_secs(seconds));
        let path = format!("tasks/{id}");
        let deleted = delete(&simulator, &path).await;
        assert_eq!((deleted.status.as_u16(), deleted.body.len()), (204, 0), "{seconds}");
        for answer in [get(&simulator, &path).await, delete(&simulator, &path).await] {
            assert_eq!(answer.refusal(404), json!({"error": "Could not find Task"}));
        }
    }
}

#[tokio::test]
async fn another_keys_task_is_not_found() {
    let simulator = simulator();
    let id = start(&simulator, FROM_IMAGE, &video(json!({}))).await;
    for method in [Method::GET, Method::DELETE] {
        let mut request = versioned(method, &format!("tasks/{id}")).body(Body::empty()).unwrap();
        request.headers_mut().insert("authorization", "Bearer other".parse().unwrap());
        send(&simulator, request).await.refusal(404);
    }
    assert_eq!(task(&simulator, &id).await["status"], "SUCCEEDED");
    get(&simulator, "tasks/17f20503-6c24-4c16-946b-35dbbce2af2f").await.refusal(404);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_task_that_runs() {
    let simulator = simulator();
    let request = versioned(Method::POST, FROM_IMAGE).header("x-simulator-fault", "lose");
    send(&simulator, request.body(video(json!({})).to_string().into()).unwrap()).await;
    let id = simulator.paid_tasks()[0].task_id.clone();
    let done: Value = task(&simulator, &id).await;
    assert_eq!(done["status"], "SUCCEEDED");
}

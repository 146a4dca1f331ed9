//! Videos, and the words in which each channel tells of them.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{Simulator, Timings};
use http::{Method, Request};
use serde_json::{Value, json};

use super::{VIDEOS, message};
use crate::support::{
    Answered, Form, NOW_SECONDS, delete, get, post, post_form, request, send, simulator, slow_simulator,
};

const FAMILIES: [&str; 5] =
    ["sora-2", "veo-3.1-generate-preview", "wan2.6-t2v", "doubao-seedance-2-0-260128", "kling-v3"];

/// The video's id, and the answer that told it.
async fn start(simulator: &Simulator, model: &str) -> (String, Value) {
    let created = post(simulator, VIDEOS, &json!({"model": model, "prompt": "a fox"})).await.json();
    let id = created.get("id").or_else(|| created.get("task_id")).and_then(Value::as_str);
    (id.unwrap().to_owned(), created)
}

async fn start_with(simulator: &Simulator, model: &str, prompt: &str, fault: &str) -> String {
    let body = json!({"model": model, "prompt": prompt});
    let request = request(Method::POST, VIDEOS).header("x-simulator-fault", fault);
    let created = send(simulator, request.body(body.to_string().into()).unwrap()).await.json();
    let id = created.get("id").or_else(|| created.get("task_id")).and_then(Value::as_str);
    id.unwrap().to_owned()
}

async fn video(simulator: &Simulator, id: &str) -> Value {
    get(simulator, &format!("{VIDEOS}/{id}")).await.json()
}

async fn follow(simulator: &Simulator, link: &Value) -> Answered {
    get(simulator, link.as_str().unwrap().strip_prefix("http://simulator.test").unwrap()).await
}

#[tokio::test]
async fn an_id_is_long_and_fits_into_a_path() {
    let simulator = simulator();
    for model in FAMILIES {
        let (id, _) = start(&simulator, model).await;
        assert!(id.len() > 100 && id.starts_with("eyJtb2RlbCI6"), "{id}");
        assert!(
            id.ends_with("channel12")
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{id}"
        );
        assert_eq!(simulator.paid_tasks().last().unwrap().task_id, id);
        video(&simulator, &id).await;
    }
}

#[tokio::test]
async fn soras_videos_have_all_fields_and_some_more() {
    let simulator = slow_simulator();
    let asked = json!({"model": "sora-2", "prompt": "a fox", "seconds": "8", "size": "1280x720"});
    let created = post(&simulator, VIDEOS, &asked).await.json();
    let id = created["id"].as_str().unwrap();
    let mut expected = json!({
        "id": id, "object": "video", "model": "sora-2", "status": "queued", "progress": 0,
        "created_at": NOW_SECONDS, "completed_at": null, "expires_at": null, "prompt": "a fox",
        "seconds": "8", "size": "1280x720", "remixed_from_video_id": null, "error": null,
        "duration": 8, "width": 1280, "height": 720,
    });
    assert_eq!(created, expected);
    simulator.advance(Duration::from_secs(3));
    (expected["status"], expected["progress"]) = (json!("in_progress"), json!(25));
    assert_eq!(video(&simulator, id).await, expected);
    simulator.advance(Duration::from_secs(3));
    let completed = video(&simulator, id).await;
    assert_eq!(
        (&completed["status"], &completed["completed_at"]),
        (&json!("completed"), &json!(NOW_SECONDS + 6))
    );
}

#[tokio::test]
async fn wans_videos_are_in_progress_at_once_and_linked_to_the_content() {
    let simulator = slow_simulator();
    let (id, created) = start(&simulator, "wan2.6-t2v").await;
    let expected = json!({
        "id": id, "object": "video", "status": "in_progress", "model": "wan2.6-t2v",
        "created_at": NOW_SECONDS, "duration": 5, "width": 1280, "height": 720,
    });
    assert_eq!(created, expected);
    assert_eq!(video(&simulator, &id).await, expected);
    simulator.advance(Duration::from_secs(6));
    let completed = video(&simulator, &id).await;
    assert_eq!(completed["status"], "completed");
    assert_eq!(follow(&simulator, &completed["video_url"]).await.header("content-type"), "video/mp4");
    let path = completed["video_url"].as_str().unwrap().strip_prefix("http://simulator.test").unwrap();
    send(&simulator, Request::get(path).body(Body::empty()).unwrap()).await.refusal(401);
}

#[tokio::test]
async fn each_other_channel_has_words_of_its_own() {
    let simulator = slow_simulator();
    for (model, id_field, done, link) in [
        ("veo-3.1-generate-preview", "id", "completed", "url"),
        ("doubao-seedance-2-0-260128", "task_id", "succeeded", "video_url"),
        ("kling-v3", "id", "success", "url"),
    ] {
        let (id, created) = start(&simulator, model).await;
        assert_eq!((&created[id_field], &created["status"]), (&json!(id), &json!("queued")));
        simulator.advance(Duration::from_secs(6));
        let completed = video(&simulator, &id).await;
        assert_eq!((&completed["status"], &completed["duration"]), (&json!(done), &created["duration"]));
        // The storage asks for no key, and the link stays the same.
        let path = completed[link].as_str().unwrap().strip_prefix("http://simulator.test").unwrap();
        let film = send(&simulator, Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!((film.header("content-type"), &film.body[4..12]), ("video/mp4", &b"ftypisom"[..]));
        assert_eq!(video(&simulator, &id).await, completed);
    }
}

#[tokio::test]
async fn the_reason_of_a_failure_is_where_the_channel_puts_it() {
    let simulator = simulator();
    let fault = "task=fail; code=overloaded; message=No";
    let error = json!({"code": "overloaded", "message": "No"});
    for (model, status, field, reason) in [
        ("sora-2", "failed", "error", error.clone()),
        ("veo-3.1-generate-preview", "failed", "error", error),
        ("wan2.6-t2v", "failed", "message", json!("No")),
        ("doubao-seedance-2-0-260128", "failed", "failure_reason", json!("No")),
        ("kling-v3", "error", "status_message", json!("No")),
    ] {
        let failed = video(&simulator, &start_with(&simulator, model, "a fox", fault).await).await;
        assert_eq!((&failed["status"], &failed[field]), (&json!(status), &reason), "{model}");
        let filtered = video(&simulator, &start_with(&simulator, model, "a [filtered] fox", "").await).await;
        assert!(filtered[field].to_string().contains("moderation system"), "{filtered}");
    }
}

#[tokio::test]
async fn a_task_stalls_or_is_forgotten_on_demand() {
    let simulator = simulator();
    for model in FAMILIES {
        let stalled = start_with(&simulator, model, "a fox", "task=stall").await;
        assert_eq!(video(&simulator, &stalled).await["status"], "in_progress");
        let forgotten = start_with(&simulator, model, "a fox", "task=forget").await;
        get(&simulator, &format!("{VIDEOS}/{forgotten}")).await.refusal(404);
    }
}

#[tokio::test]
async fn a_video_comes_as_a_form_too() {
    let simulator = simulator();
    let form = Form::new()
        .text("model", "wan2.6-i2v")
        .text("prompt", "a fox")
        .text("seconds", "10")
        .text("size", "960x960")
        .file("input_reference", "a.png", "image/png", b"a");
    let created = post_form(&simulator, VIDEOS, form).await.json();
    assert_eq!((&created["duration"], &created["width"]), (&json!(10), &json!(960)));
}

#[tokio::test]
async fn the_content_is_there_once_the_video_is() {
    let simulator = slow_simulator();
    for model in FAMILIES {
        let (id, _) = start(&simulator, model).await;
        let path = format!("{VIDEOS}/{id}/content");
        assert_eq!(get(&simulator, &path).await.refusal(400)["error"]["code"], "video_not_ready");
        simulator.advance(Duration::from_secs(6));
        let film = get(&simulator, &path).await;
        assert_eq!((film.header("content-type"), &film.body[4..12]), ("video/mp4", &b"ftypisom"[..]));
    }
}

#[tokio::test]
async fn the_content_redirects_where_links_do() {
    let simulator = simulator();
    simulator.set_timings(Timings { link_redirects: 1, ..Timings::default() });
    let (id, _) = start(&simulator, "wan2.6-t2v").await;
    let answer = get(&simulator, &format!("{VIDEOS}/{id}/content")).await;
    assert_eq!(answer.status.as_u16(), 302);
    assert!(answer.header("location").starts_with("http://simulator.test/_media/"));
}

#[tokio::test]
async fn a_video_is_deleted_at_any_stage() {
    let simulator = slow_simulator();
    for wait in [0, 3, 6] {
        let (id, _) = start(&simulator, "wan2.6-t2v").await;
        simulator.advance(Duration::from_secs(wait));
        let path = format!("{VIDEOS}/{id}");
        let deleted = json!({"id": id, "object": "video.deleted", "deleted": true});
        assert_eq!(delete(&simulator, &path).await.json(), deleted);
        delete(&simulator, &path).await.refusal(404);
        get(&simulator, &path).await.refusal(404);
    }
    // Accepted is accepted.
    assert_eq!(simulator.counts().paid_tasks, 3);
}

#[tokio::test]
async fn a_video_is_made_from_another_that_is_over() {
    let simulator = slow_simulator();
    for (model, status) in [("sora-2", "queued"), ("kling-v3", "queued")] {
        let (id, created) = start(&simulator, model).await;
        let path = format!("{VIDEOS}/{id}/remix");
        post(&simulator, &path, &json!({"prompt": "an ox"})).await.refusal(400);
        simulator.advance(Duration::from_secs(6));
        let original = video(&simulator, &id).await;
        let remixed = post(&simulator, &path, &json!({"prompt": "an ox"})).await.json();
        assert_eq!((&remixed["status"], &remixed["duration"]), (&json!(status), &created["duration"]));
        assert!(remixed.get("link").is_none());
        simulator.advance(Duration::from_secs(6));
        let done = video(&simulator, remixed["id"].as_str().unwrap()).await;
        assert!(done["url"] != original["url"] || model == "sora-2");
        let error = post(&simulator, &path, &json!({})).await.refusal(400);
        assert!(message(&error).starts_with("prompt is required"), "{error}");
    }
    let sora = &simulator.paid_tasks()[1];
    assert_eq!((sora.route.as_str(), simulator.counts().paid_tasks), ("POST /v1/videos/{id}/remix", 4));
}

#[tokio::test]
async fn another_keys_video_is_not_found() {
    let simulator = simulator();
    let (id, _) = start(&simulator, "sora-2").await;
    for path in [format!("{VIDEOS}/{id}"), format!("{VIDEOS}/{id}/content")] {
        let request = Request::get(&path).header("authorization", "Bearer other").body(Body::empty());
        send(&simulator, request.unwrap()).await.refusal(404);
    }
}

#[tokio::test]
async fn results_are_kept_for_a_while() {
    let simulator = simulator();
    let (id, _) = start(&simulator, "wan2.6-t2v").await;
    simulator.advance(Duration::from_secs(24 * 60 * 60 + 1));
    get(&simulator, &format!("{VIDEOS}/{id}")).await.refusal(404);
}

//! Videos.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{Simulator, Timings};
use http::{Method, Request};
use serde_json::{Value, json};

use crate::support::{
    Form, NOW_SECONDS, delete, get, post, post_form, request, send, simulator, slow_simulator,
};

const VIDEOS: &str = "/openai/v1/videos";

async fn start(simulator: &Simulator) -> String {
    let video = post(simulator, VIDEOS, &json!({"prompt": "a fox"})).await.json();
    video["id"].as_str().unwrap().to_owned()
}

async fn start_with(simulator: &Simulator, fault: &str) -> String {
    let request = request(Method::POST, VIDEOS).header("x-simulator-fault", fault);
    let answer = send(simulator, request.body(json!({"prompt": "a fox"}).to_string().into()).unwrap()).await;
    answer.json()["id"].as_str().unwrap().to_owned()
}

async fn video(simulator: &Simulator, id: &str) -> Value {
    get(simulator, &format!("{VIDEOS}/{id}")).await.json()
}

#[tokio::test]
async fn a_video_moves_through_its_states() {
    let simulator = slow_simulator();
    let asked = json!({"model": "sora-2-pro", "prompt": "a fox", "seconds": "8", "size": "1280x720"});
    let created = post(&simulator, VIDEOS, &asked).await.json();
    let id = created["id"].as_str().unwrap();
    let mut expected = json!({
        "id": id, "object": "video", "model": "sora-2-pro", "status": "queued", "progress": 0,
        "created_at": NOW_SECONDS, "completed_at": null, "expires_at": null, "prompt": "a fox",
        "seconds": "8", "size": "1280x720", "remixed_from_video_id": null, "error": null,
    });
    assert_eq!(created, expected);
    for (seconds, status, progress) in [(1, "queued", 0), (2, "in_progress", 25), (2, "in_progress", 75)] {
        simulator.advance(Duration::from_secs(seconds));
        (expected["status"], expected["progress"]) = (json!(status), json!(progress));
        assert_eq!(video(&simulator, id).await, expected);
    }
    simulator.advance(Duration::from_secs(1));
    let completed = video(&simulator, id).await;
    assert_eq!((&completed["status"], &completed["progress"]), (&json!("completed"), &json!(100)));
    assert_eq!(completed["completed_at"], NOW_SECONDS + 6);
    assert_eq!(completed["expires_at"], NOW_SECONDS + 6 + 24 * 60 * 60);
    assert_eq!(simulator.paid_tasks()[0].task_id, id);
}

#[tokio::test]
async fn a_video_that_takes_no_time_is_over_at_the_first_look() {
    let simulator = simulator();
    let id = start(&simulator).await;
    assert_eq!(video(&simulator, &id).await["status"], "completed");
}

#[tokio::test]
async fn a_video_comes_as_a_form_too() {
    let form = Form::new().text("prompt", "a fox").text("seconds", "12").file(
        "input_reference",
        "a.png",
        "image/png",
        b"a",
    );
    let created = post_form(&simulator(), VIDEOS, form).await.json();
    assert_eq!((&created["seconds"], &created["size"]), (&json!("12"), &json!("720x1280")));
}

#[tokio::test]
async fn the_content_is_there_once_the_video_is() {
    let simulator = slow_simulator();
    let id = start(&simulator).await;
    let path = format!("{VIDEOS}/{id}/content");
    get(&simulator, &path).await.refusal(400);
    simulator.advance(Duration::from_secs(6));
    let film = get(&simulator, &path).await;
    assert_eq!(film.header("content-type"), "video/mp4");
    assert_eq!(&film.body[4..12], b"ftypisom");
    let thumbnail = get(&simulator, &format!("{path}?variant=thumbnail")).await;
    assert_eq!((thumbnail.header("content-type"), &thumbnail.body[8..12]), ("image/webp", &b"WEBP"[..]));
    get(&simulator, &format!("{path}?variant=audio")).await.refusal(400);
}

#[tokio::test]
async fn the_content_redirects_where_links_do() {
    let simulator = simulator();
    simulator.set_timings(Timings { link_redirects: 1, ..Timings::default() });
    let id = start(&simulator).await;
    let answer = get(&simulator, &format!("{VIDEOS}/{id}/content")).await;
    assert_eq!(answer.status.as_u16(), 302);
    assert!(answer.header("location").starts_with("http://simulator.test/_media/"));
}

#[tokio::test]
async fn a_task_fails_stalls_or_is_forgotten_on_demand() {
    let simulator = slow_simulator();
    let failed = start_with(&simulator, "task=fail; code=moderation_blocked; message=No").await;
    let stalled = start_with(&simulator, "task=stall").await;
    let forgotten = start_with(&simulator, "task=forget").await;
    simulator.advance(Duration::from_secs(3600));
    let failed = video(&simulator, &failed).await;
    assert_eq!(failed["error"], json!({"code": "moderation_blocked", "message": "No"}));
    assert_eq!((&failed["status"], &failed["completed_at"]), (&json!("failed"), &json!(NOW_SECONDS + 6)));
    assert_eq!(video(&simulator, &stalled).await["status"], "in_progress");
    get(&simulator, &format!("{VIDEOS}/{forgotten}")).await.refusal(404);
    // Accepted is accepted.
    assert_eq!(simulator.counts().paid_tasks, 3);
}

#[tokio::test]
async fn a_lost_answer_leaves_a_video_that_can_be_found() {
    let simulator = simulator();
    let request = request(Method::POST, VIDEOS).header("x-simulator-fault", "lose");
    send(&simulator, request.body(json!({"prompt": "a fox"}).to_string().into()).unwrap()).await;
    let list = get(&simulator, VIDEOS).await.json();
    assert_eq!(list["data"][0]["id"], simulator.paid_tasks()[0].task_id);
}

#[tokio::test]
async fn videos_are_listed_page_by_page() {
    let simulator = simulator();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(start(&simulator).await);
    }
    let first = get(&simulator, &format!("{VIDEOS}?limit=2")).await.json();
    assert_eq!((&first["first_id"], &first["last_id"]), (&json!(ids[2]), &json!(ids[1])));
    assert_eq!((&first["has_more"], &first["object"]), (&json!(true), &json!("list")));
    let second = get(&simulator, &format!("{VIDEOS}?limit=2&after={}", ids[1])).await.json();
    assert_eq!((&second["data"][0]["id"], &second["has_more"]), (&json!(ids[0]), &json!(false)));
    let oldest = get(&simulator, &format!("{VIDEOS}?order=asc")).await.json();
    assert_eq!(oldest["first_id"], json!(ids[0]));
    get(&simulator, &format!("{VIDEOS}?limit=0")).await.refusal(400);
    get(&simulator, &format!("{VIDEOS}?after=nothing")).await.refusal(404);
}

#[tokio::test]
async fn a_video_is_deleted_once_it_is_over() {
    let simulator = slow_simulator();
    let id = start(&simulator).await;
    let path = format!("{VIDEOS}/{id}");
    delete(&simulator, &path).await.refusal(400);
    simulator.advance(Duration::from_secs(6));
    let deleted = json!({"id": id, "object": "video.deleted", "deleted": true});
    assert_eq!(delete(&simulator, &path).await.json(), deleted);
    delete(&simulator, &path).await.refusal(404);
    get(&simulator, &path).await.refusal(404);
}

#[tokio::test]
async fn a_video_is_made_from_another() {
    let simulator = simulator();
    let id = start(&simulator).await;
    let remixed = post(&simulator, &format!("{VIDEOS}/{id}/remix"), &json!({"prompt": "an ox"})).await.json();
    assert_eq!((&remixed["remixed_from_video_id"], &remixed["prompt"]), (&json!(id), &json!("an ox")));
    let asked = json!({"prompt": "on", "video": {"id": id}, "seconds": "20"});
    assert_eq!(post(&simulator, &format!("{VIDEOS}/extensions"), &asked).await.json()["seconds"], "20");
    let form = Form::new().text("prompt", "red").file("video", "a.mp4", "video/mp4", b"mp4");
    post_form(&simulator, &format!("{VIDEOS}/edits"), form).await.json();
    post(&simulator, &format!("{VIDEOS}/edits"), &json!({"prompt": "red"})).await.refusal(400);
    assert_eq!(simulator.counts().paid_tasks, 4);
}

#[tokio::test]
async fn another_keys_video_is_not_found() {
    let simulator = simulator();
    let id = start(&simulator).await;
    let path = format!("{VIDEOS}/{id}");
    let request = Request::get(&path).header("authorization", "Bearer other").body(Body::empty()).unwrap();
    send(&simulator, request).await.refusal(404);
}

#[tokio::test]
async fn a_video_that_breaks_a_rule_is_refused() {
    let simulator = simulator();
    for (asked, status, param) in [
        (json!({}), 400, "prompt"),
        (json!({"prompt": ""}), 400, "prompt"),
        (json!({"prompt": "a", "seconds": 8}), 400, "seconds"),
        (json!({"prompt": "a", "seconds": "5"}), 400, "seconds"),
        (json!({"prompt": "a", "size": "1x1"}), 400, "size"),
        (json!({"prompt": "a", "model": "gpt-4o"}), 404, "model"),
        (json!({"prompt": "a", "input_reference": "https://a.test"}), 400, "input_reference"),
    ] {
        let error = post(&simulator, VIDEOS, &asked).await.refusal(status);
        assert_eq!(error["error"]["param"], param, "{error}");
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

#[tokio::test]
async fn what_the_filter_catches_fails_in_the_end() {
    let simulator = slow_simulator();
    let created = post(&simulator, VIDEOS, &json!({"prompt": "a [filtered] fox"})).await.json();
    simulator.advance(Duration::from_secs(6));
    let failed = video(&simulator, created["id"].as_str().unwrap()).await;
    assert_eq!(
        (&failed["status"], &failed["error"]["code"]),
        (&json!("failed"), &json!("moderation_blocked"))
    );
}

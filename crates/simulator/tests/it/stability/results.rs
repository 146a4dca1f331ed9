//! Results that take a while.

use std::time::Duration;

use fourfold_simulator::Simulator;
use http::Method;
use serde_json::{Value, json};

use super::{form, get_accepting, get_as};
use crate::support::{
    Form, decoded, get, png, png_size, post_form, request, send, simulator, slow_simulator,
};

const CREATIVE: &str = "/stability/v2beta/stable-image/upscale/creative";
const RELIGHT: &str = "/stability/v2beta/stable-image/edit/replace-background-and-relight";
const VIDEO: &str = "/stability/v2beta/image-to-video";
const RESULTS: &str = "/stability/v2beta/results";

async fn start(simulator: &Simulator, path: &str, form: Form) -> String {
    post_form(simulator, path, form).await.json()["id"].as_str().unwrap().to_owned()
}

async fn start_with(simulator: &Simulator, fault: &str) -> String {
    let request = request(Method::POST, CREATIVE).header("content-type", Form::MEDIA_TYPE);
    let request = request.header("x-simulator-fault", fault).body(form("a").body().into()).unwrap();
    send(simulator, request).await.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_result_is_in_progress_then_there_then_forgotten() {
    let simulator = slow_simulator();
    let id = start(&simulator, CREATIVE, form("a fox").text("seed", "5")).await;
    assert_eq!(id.len(), 64);
    let path = format!("{CREATIVE}/result/{id}");
    for _ in 0..2 {
        let waiting = get_accepting(&simulator, &path, "image/*").await;
        assert_eq!(waiting.refusal(202), json!({"id": id, "status": "in-progress"}));
        simulator.advance(Duration::from_secs(3));
    }
    let done = get_accepting(&simulator, &path, "image/*").await;
    assert_eq!((done.header("seed"), done.header("finish-reason")), ("5", "SUCCESS"));
    assert_eq!(png_size(&done.body), (2048, 2048));
    let json = get_accepting(&simulator, &path, "application/json").await;
    let json: Value = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(decoded(&json["image"]), done.body);
    let generic = get_accepting(&simulator, &format!("{RESULTS}/{id}"), "application/json").await;
    let generic: Value = serde_json::from_slice(&generic.body).unwrap();
    assert_eq!(decoded(&generic["result"]), done.body);
    assert_eq!(simulator.paid_tasks()[0].task_id, id);
    simulator.advance(Duration::from_secs(24 * 60 * 60 + 1));
    get(&simulator, &path).await.refusal(404);
}

#[tokio::test]
async fn a_result_is_there_for_its_own_key_only() {
    let simulator = simulator();
    let id = start(&simulator, CREATIVE, form("a")).await;
    let path = format!("{RESULTS}/{id}");
    assert_eq!(get(&simulator, &path).await.status.as_u16(), 200);
    send(&simulator, get_as("other", &path)).await.refusal(404);
}

#[tokio::test]
async fn an_id_has_64_digits() {
    let simulator = simulator();
    get(&simulator, &format!("{RESULTS}/123")).await.refusal(400);
    get(&simulator, &format!("{RESULTS}/{}", "0".repeat(64))).await.refusal(404);
}

#[tokio::test]
async fn a_task_fails_stalls_or_is_forgotten_on_demand() {
    let simulator = simulator();
    let status = async |fault: &str| {
        let id = start_with(&simulator, fault).await;
        let answer = get(&simulator, &format!("{RESULTS}/{id}")).await;
        let name = serde_json::from_slice::<Value>(&answer.body).unwrap()["name"].clone();
        (answer.status.as_u16(), name)
    };
    assert_eq!(status("task=fail").await, (500, json!("internal_error")));
    assert_eq!(status("task=fail; code=content_moderation").await, (403, json!("content_moderation")));
    assert_eq!(status("task=stall").await, (202, Value::Null));
    assert_eq!(status("task=forget").await, (404, json!("not_found")));
}

#[tokio::test]
async fn a_background_is_replaced_after_a_while() {
    let simulator = slow_simulator();
    let subject = || Form::new().file("subject_image", "a.png", "image/png", &png(128, 64));
    post_form(&simulator, RELIGHT, subject()).await.refusal(400);
    let id = start(&simulator, RELIGHT, subject().text("background_prompt", "a wood")).await;
    simulator.advance(Duration::from_secs(6));
    let done = get_accepting(&simulator, &format!("{RESULTS}/{id}"), "*/*").await;
    assert_eq!(png_size(&done.body), (128, 64));
}

#[tokio::test]
async fn the_retired_video_is_made_from_three_sizes() {
    let simulator = slow_simulator();
    let picture = |width, height| Form::new().file("image", "a.png", "image/png", &png(width, height));
    post_form(&simulator, VIDEO, picture(800, 600)).await.refusal(400);
    let id = start(&simulator, VIDEO, picture(768, 768).text("motion_bucket_id", "40")).await;
    let path = format!("{VIDEO}/result/{id}");
    get(&simulator, &path).await.refusal(202);
    simulator.advance(Duration::from_secs(6));
    let video = get_accepting(&simulator, &path, "video/*").await;
    assert_eq!(video.header("content-type"), "video/mp4");
    let json = get_accepting(&simulator, &path, "application/json").await;
    assert_eq!(json.header("content-type"), "application/json; type=video/mp4");
    // It is no picture's result.
    get(&simulator, &format!("{CREATIVE}/result/{id}")).await.refusal(404);
}

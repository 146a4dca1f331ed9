//! Videos as older clients ask for them.

use std::time::Duration;

use axum::body::Body;
use fourfold_simulator::{Simulator, Timings};
use http::Request;
use serde_json::{Value, json};

use super::{field, path};
use crate::support::{get, post, send, settings, simulator, slow_simulator};

const MODEL: &str = "veo-3.1-generate-preview";

async fn start(simulator: &Simulator, prompt: &str, parameters: Value) -> String {
    let body = json!({"instances": [{"prompt": prompt}], "parameters": parameters});
    let answer = post(simulator, &path(MODEL, "predictLongRunning"), &body).await.json();
    let name = answer["name"].as_str().unwrap();
    assert_eq!(answer, json!({"name": name}));
    assert!(name.starts_with(&format!("models/{MODEL}/operations/")), "{name}");
    format!("/gemini/v1beta/{name}")
}

/// The path below which a client finds what this link leads to.
fn downloaded(uri: &Value) -> String {
    let uri = uri.as_str().unwrap();
    let rest = uri.strip_prefix("https://simulator.test/gemini/v1beta/files/").unwrap();
    format!("/gemini/v1/files/{rest}")
}

#[tokio::test]
async fn an_operation_is_polled_until_it_is_done() {
    let simulator = slow_simulator();
    let path = start(&simulator, "a fox", json!({})).await;
    let name = path.strip_prefix("/gemini/v1beta/").unwrap();
    for seconds in [0, 3] {
        simulator.advance(Duration::from_secs(seconds));
        assert_eq!(get(&simulator, &path).await.json(), json!({"name": name}));
    }
    simulator.advance(Duration::from_secs(3));
    let done = get(&simulator, &path).await.json();
    assert_eq!(done["done"], true);
    let samples = &done["response"]["generateVideoResponse"]["generatedSamples"];
    assert_eq!(samples.as_array().unwrap().len(), 1);
    let film = get(&simulator, &downloaded(&samples[0]["video"]["uri"])).await;
    assert_eq!((film.header("content-type"), &film.body[4..12]), ("video/mp4", &b"ftypisom"[..]));
    let paid = simulator.paid_tasks();
    assert_eq!(paid.len(), 1);
    assert!(name.ends_with(&paid[0].task_id));
}

#[tokio::test]
async fn a_film_can_not_be_fetched_before_it_is_done() {
    let simulator = slow_simulator();
    let path = start(&simulator, "a fox", json!({"sampleCount": 2})).await;
    simulator.advance(Duration::from_secs(6));
    let done = get(&simulator, &path).await.json();
    let samples = done["response"]["generateVideoResponse"]["generatedSamples"].as_array().unwrap();
    let [one, other] = [0, 1].map(|index| downloaded(&samples[index]["video"]["uri"]));
    assert_ne!(get(&simulator, &one).await.body, get(&simulator, &other).await.body);
    let late = start(&simulator, "a fox", json!({})).await;
    let files = get(&simulator, "/gemini/v1beta/files").await.json();
    let newest = files["files"].as_array().unwrap().last().unwrap();
    assert_eq!(newest["state"], "PROCESSING");
    let error = get(&simulator, &downloaded(&newest["downloadUri"])).await.refusal(400);
    assert_eq!(error["error"]["status"], "FAILED_PRECONDITION");
    assert_eq!(get(&simulator, &late).await.json().get("done"), None);
}

#[tokio::test]
async fn a_film_is_behind_a_redirect_where_links_redirect() {
    let timings = Timings { link_redirects: 1, ..Timings::default() };
    let simulator = Simulator::start(fourfold_simulator::SimulatorSettings { timings, ..settings() });
    let path = start(&simulator, "a fox", json!({})).await;
    let done = get(&simulator, &path).await.json();
    let uri = &done["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"];
    let redirect = get(&simulator, &downloaded(uri)).await;
    assert_eq!(redirect.status.as_u16(), 302);
    let next = redirect.header("location").strip_prefix("http://simulator.test").unwrap().to_owned();
    let next = get(&simulator, &next).await.header("location").to_owned();
    assert_eq!(&get(&simulator, &next).await.body[4..8], b"ftyp");
}

#[tokio::test]
async fn what_the_filter_catches_is_done_without_a_film() {
    let simulator = simulator();
    let path = start(&simulator, "a [filtered] fox", json!({})).await;
    let done = get(&simulator, &path).await.json();
    let response = &done["response"]["generateVideoResponse"];
    assert_eq!((&done["done"], &response["raiMediaFilteredCount"]), (&json!(true), &json!(1)));
    assert_eq!(response.get("generatedSamples"), None);
    assert_eq!(response["raiMediaFilteredReasons"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_operation_that_fails_has_a_number_for_it() {
    let simulator = simulator();
    for (fault, code, message) in [
        ("task=fail; times=1", 13, "Video generation failed due to an internal server issue."),
        ("task=fail; code=8; message=Too many; times=1", 8, "Too many"),
    ] {
        simulator.fault("POST /gemini/*", fault).unwrap();
        let path = start(&simulator, "a fox", json!({})).await;
        let done = get(&simulator, &path).await.json();
        assert_eq!(done["error"], json!({"code": code, "message": message}));
        assert_eq!((&done["done"], done.get("response")), (&json!(true), None));
    }
}

#[tokio::test]
async fn operations_of_another_key_or_model_are_not_found() {
    let simulator = simulator();
    let path = start(&simulator, "a fox", json!({})).await;
    let other = Request::get(&path).header("x-goog-api-key", "other").body(Body::empty()).unwrap();
    send(&simulator, other).await.refusal(404);
    get(&simulator, &path.replace(MODEL, "imagen-4.0-generate-001")).await.refusal(404);
    get(&simulator, &format!("{path}0")).await.refusal(404);
    let file = &get(&simulator, "/gemini/v1/files").await.json()["files"][0]["name"];
    let file = file.as_str().unwrap().strip_prefix("files/").unwrap();
    get(&simulator, &format!("/gemini/v1/models/{MODEL}/operations/{file}")).await.refusal(404);
}

#[tokio::test]
async fn pictures_and_films_are_taken_in() {
    let simulator = simulator();
    let image = json!({"bytesBase64Encoded": "iVBO", "mimeType": "image/png"});
    for instance in [
        json!({"image": image}),
        json!({"prompt": "a", "image": image, "lastFrame": image}),
        json!({"prompt": "a", "referenceImages": [{"image": image, "referenceType": "asset"}]}),
        json!({"prompt": "a", "video": {"encodedVideo": "AAAA", "encoding": "video/mp4"}}),
    ] {
        post(&simulator, &path(MODEL, "predictLongRunning"), &json!({"instances": [instance]})).await.json();
    }
}

#[tokio::test]
async fn videos_that_break_a_rule_are_refused() {
    let simulator = simulator();
    let prompt = json!({"prompt": "a"});
    let image = json!({"bytesBase64Encoded": "iVBO"});
    let references = json!({"prompt": "a", "referenceImages": [{"image": image}]});
    for (instance, parameters, at) in [
        (json!({}), json!({}), "instances[0].prompt"),
        (json!({"prompt": "a", "lastFrame": image}), json!({}), "instances[0].image"),
        (json!({"prompt": "a", "frames": []}), json!({}), "instances[0]"),
        (prompt.clone(), json!({"durationSeconds": 3}), "parameters.duration_seconds"),
        (prompt.clone(), json!({"durationSeconds": 5}), "parameters.duration_seconds"),
        (prompt.clone(), json!({"durationSeconds": 6, "resolution": "1080p"}), "parameters.duration_seconds"),
        (references, json!({"durationSeconds": 4}), "parameters.duration_seconds"),
        (prompt.clone(), json!({"aspectRatio": "1:1"}), "parameters.aspect_ratio"),
        (prompt.clone(), json!({"resolution": "8k"}), "parameters.resolution"),
        (prompt, json!({"personGeneration": "some"}), "parameters.person_generation"),
    ] {
        let body = json!({"instances": [instance], "parameters": parameters});
        let error = post(&simulator, &path(MODEL, "predictLongRunning"), &body).await.refusal(400);
        assert_eq!(field(&error), at, "{body}");
    }
    let unknown = json!({"instances": [{"video": {"uri": "https://a.test/v1beta/files/nothing"}}]});
    post(&simulator, &path(MODEL, "predictLongRunning"), &unknown).await.refusal(404);
    for model in ["veo-2.0-generate-001", "gemini-omni-1.1-flash"] {
        post(&simulator, &path(model, "predictLongRunning"), &json!({})).await.refusal(404);
    }
    assert_eq!(simulator.counts().paid_tasks, 0);
}

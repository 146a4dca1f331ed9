//! Pictures over OpenAI's wire: jobs for which the answer waits.

use fourfold_domain::{JobId, JobState, Reason, Started};
use fourfold_service::Timestamp;
use fourfold_service::ports::JobStore as _;
use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Ask, House, failure, outputs, part, task, text_part};

const GENERATIONS: &str = "/v1/images/generations";
const EDITS: &str = "/v1/images/edits";

/// A picture as far as its first bytes tell.
const GIF: &str = "GIF89a and what follows";

fn fox() -> Value {
    json!({"model": "picture", "prompt": "a fox"})
}

/// The one job that there is to work on, once it is there.
async fn taken(house: &House) -> String {
    loop {
        let due = house.store.due(Some(Timestamp::from_millis(i64::MAX)), 10).await.unwrap();
        if let [due] = due[..] {
            return due.job.to_string();
        }
        tokio::task::yield_now().await;
    }
}

/// The answer, while the worker brings the job to its end.
pub(super) async fn answered(house: &House, ask: Ask<'_>) -> Answer {
    let worked = Box::pin(async { house.bring_to_an_end(&taken(house).await).await });
    tokio::join!(Box::pin(ask.answer()), worked).0
}

async fn state(house: &House, job: &str) -> JobState {
    house.store.job(job.parse::<JobId>().unwrap()).await.unwrap().unwrap().job.state
}

#[tokio::test]
async fn pictures_come_in_the_answer_and_are_charged_and_listed() {
    let house = House::new().await;
    house
        .vendor
        .will_start(Ok(Started::Done(outputs(&[("image/png", "first!"), ("image/png", "the second")]))));
    let ask = house.post(
        GENERATIONS,
        json!({"model": "picture", "prompt": "a fox", "n": 2, "size": "64x64",
        "quality": "auto", "user": "somebody", "response_format": "b64_json"}),
    );
    let answer = answered(&house, ask.by("u1")).await;
    assert_eq!(answer.header("fourfold-provider"), Some("acme"));
    let created = answer.json()["created"].clone();
    assert!(created.is_i64(), "{}", answer.text());
    let data = json!([{"b64_json": "Zmlyc3Qh"}, {"b64_json": "dGhlIHNlY29uZA=="}]);
    assert_eq!(answer.json(), json!({"created": created, "size": "64x64", "data": data}));
    let jobs = house.get("/api/v1/jobs").by("u1").ok(200).await;
    assert_eq!(jobs["data"][0]["credits"]["charged"], "0.08", "{jobs}");
}

#[tokio::test]
async fn pictures_come_by_links_that_need_no_key() {
    let house = House::new().await;
    house.vendor.will_start(Ok(Started::Done(outputs(&[("image/png", "a picture")]))));
    let ask =
        house.post(GENERATIONS, json!({"model": "picture", "prompt": "a fox", "response_format": "url"}));
    let answer = answered(&house, ask.by("u1")).await;
    let url = answer.json()["data"][0]["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&house.settings.link_base()).unwrap();
    assert_eq!(house.get(path).answer().await.text(), "a picture");
}

#[tokio::test]
async fn the_same_key_gives_the_same_pictures() {
    let house = House::new().await;
    house.vendor.will_start(Ok(Started::Done(outputs(&[("image/png", "a picture")]))));
    let ask = || house.post(GENERATIONS, fox()).by("u1").header("idempotency-key", "k1");
    let first = answered(&house, ask()).await;
    assert_eq!(ask().answer().await.body, first.body);
    let other = house.post(GENERATIONS, json!({"model": "picture", "prompt": "a hare"})).by("u1");
    other.header("idempotency-key", "k1").check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await["available"], "9.96");
}

#[tokio::test]
async fn what_is_not_offered_is_refused_by_openais_name() {
    let house = House::new().await;
    let with = |name: &str, value: Value| {
        let mut body = fox();
        body[name] = value;
        body
    };
    for (body, status, code, param) in [
        (json!({"prompt": "a fox"}), 400, "malformed", "model"),
        (json!({"model": "nobody", "prompt": "a fox"}), 404, "unknown_model", "model"),
        (json!({"model": "talk", "prompt": "a fox"}), 422, "invalid_parameter", "model"),
        (json!({"model": "picture"}), 400, "malformed", "prompt"),
        (with("n", json!("two")), 400, "malformed", "n"),
        (with("n", json!(11)), 422, "invalid_parameter", "n"),
        (with("size", json!("1x1")), 422, "invalid_parameter", "size"),
        (with("colour", json!("red")), 422, "invalid_parameter", "colour"),
        (with("output_format", json!("gif")), 422, "invalid_parameter", "output_format"),
        (with("format", json!("png")), 422, "invalid_parameter", "format"),
        (with("response_format", json!("jpeg")), 422, "invalid_parameter", "response_format"),
        (with("stream", json!(true)), 422, "invalid_parameter", "stream"),
        (with("stream", json!(1)), 400, "malformed", "stream"),
        (with("partial_images", json!(2)), 422, "invalid_parameter", "partial_images"),
        (with("user", json!(1)), 400, "malformed", "user"),
    ] {
        house.post(GENERATIONS, body).by("u1").check(status, code, Some(param)).await;
    }
    house.post(GENERATIONS, fox()).by("poor").check(402, "insufficient_credits", None).await;
    assert_eq!(house.get("/api/v1/jobs").by("u1").ok(200).await["data"], json!([]));
}

#[tokio::test]
async fn a_job_without_a_result_is_an_error_that_names_it() {
    let house = House::new().await;
    house.vendor.will_start(Err(failure(Reason::Refused)));
    let answer = answered(&house, house.post(GENERATIONS, fox()).by("u1")).await;
    assert_eq!((answer.status, answer.code().as_deref()), (422, Some("refused")), "{}", answer.text());
    let job = answer.json()["error"]["job_id"].as_str().unwrap().to_owned();
    assert_eq!(house.get(&format!("/api/v1/jobs/{job}")).by("u1").ok(200).await["state"], "failed");

    let called_off = async {
        let job = taken(&house).await;
        house.post(&format!("/api/v1/jobs/{job}/cancel"), json!({})).by("u1").ok(202).await;
    };
    let answer = tokio::join!(house.post(GENERATIONS, fox()).by("u1").answer(), called_off).0;
    assert_eq!((answer.status, answer.code().as_deref()), (409, Some("cancelled")));
    assert_eq!(answer.header("x-should-retry"), Some("false"));
}

/// The job that an abandoned request has made, after this has happened to it.
async fn abandoned(house: &House, meanwhile: impl AsyncFnOnce(&str)) -> String {
    let asking = house.post(GENERATIONS, fox()).by("u1").response();
    let left = async {
        let job = taken(house).await;
        meanwhile(&job).await;
        job
    };
    tokio::select! {
        job = left => job,
        answer = asking => panic!("it was answered: {answer:?}"),
    }
}

#[tokio::test]
async fn who_leaves_before_a_vendor_is_asked_calls_the_job_off() {
    let house = House::new().await;
    let job = abandoned(&house, async |_| {}).await;
    while state(&house, &job).await != JobState::Cancelled {
        tokio::task::yield_now().await;
    }
    let credits = house.get("/api/v1/credits").by("u1").ok(200).await;
    assert_eq!(credits, json!({"account": "u1", "available": "10", "held": "0"}));
}

#[tokio::test]
async fn who_leaves_afterwards_finds_the_job_in_the_list() {
    let house = House::new().await;
    house.vendor.will_start(Ok(task()));
    let job = abandoned(&house, async |job| house.look(job).await).await;
    // Whatever the one who left set off has run.
    assert!(house.state.spawner.stop(std::time::Duration::from_secs(10)).await);
    assert_eq!(state(&house, &job).await, JobState::Running);
    let results = outputs(&[("image/png", "a picture")]);
    house.vendor.will_say(Ok(fourfold_domain::Poll::Done(results)));
    house.bring_to_an_end(&job).await;
    let jobs = house.get("/api/v1/jobs").by("u1").ok(200).await;
    assert_eq!((&jobs["data"][0]["id"], &jobs["data"][0]["state"]), (&json!(job), &json!("succeeded")));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_longer_than_ten_minutes() {
    let house = House::new().await;
    house.vendor.will_start(Ok(task()));
    let begun = tokio::time::Instant::now();
    let worked = async { house.look(&taken(&house).await).await };
    let answer = tokio::join!(house.post(GENERATIONS, fox()).by("u1").answer(), worked).0;
    assert_eq!((answer.status, answer.code().as_deref()), (504, Some("still_running")), "{}", answer.text());
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    assert!(begun.elapsed() >= fourfold_service::jobs::ATTACHED_MAX);
    let job = answer.json()["error"]["job_id"].as_str().unwrap().to_owned();
    assert_eq!(state(&house, &job).await, JobState::Running);
}

#[tokio::test]
async fn a_server_that_stops_keeps_nobody_waiting() {
    let house = House::new().await;
    let stopped = async {
        taken(&house).await;
        house.state.spawner.stop(std::time::Duration::from_secs(10)).await
    };
    let answer = tokio::join!(house.post(GENERATIONS, fox()).by("u1").answer(), stopped).0;
    assert_eq!((answer.status, answer.code().as_deref()), (503, Some("stopping")));
    assert_eq!(answer.header("x-should-retry"), Some("true"));
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await["available"], "10");
}

#[tokio::test]
async fn what_is_handed_in_for_an_edit_becomes_files_of_the_account() {
    let house = House::new().await;
    house.vendor.will_start(Ok(Started::Done(outputs(&[("image/png", "a picture")]))));
    let parts = [
        text_part("model", "picture"),
        text_part("prompt", "a red fox"),
        text_part("n", "1"),
        text_part("size", "64x64"),
        part("image[]", "image/gif", GIF),
        part("image[]", "image/gif", "GIF89a another"),
    ];
    let ask = || house.ask(Method::POST, EDITS).form(&parts).by("u1").header("idempotency-key", "k1");
    let answer = answered(&house, ask()).await;
    assert_eq!(answer.json()["data"], json!([{"b64_json": "YSBwaWN0dXJl"}]), "{}", answer.text());
    let files = house.get("/api/v1/files").by("u1").ok(200).await;
    let job = house.get("/api/v1/jobs").by("u1").ok(200).await["data"][0]["id"].as_str().unwrap().to_owned();
    let input = house.get(&format!("/api/v1/jobs/{job}")).by("u1").ok(200).await["input"].clone();
    let names: Vec<_> = files["data"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|file| format!("file:{}", file["id"].as_str().unwrap()))
        .collect();
    assert_eq!(input, json!({"prompt": "a red fox", "n": 1, "size": "64x64", "image": names}));
    // What was sent twice is kept once.
    assert_eq!(ask().answer().await.body, answer.body);
    assert_eq!(house.get("/api/v1/files").by("u1").ok(200).await, files);
}

#[tokio::test]
async fn a_wrong_edit_leaves_no_file_behind() {
    let house = House::new().await;
    let (model, prompt) = (text_part("model", "picture"), text_part("prompt", "a fox"));
    let image = part("image", "image/gif", GIF);
    let with = |more: &[String]| [&[model.clone(), prompt.clone(), image.clone()], more].concat();
    for (parts, status, code, param) in [
        (vec![model.clone(), prompt.clone()], 400, "malformed", "image"),
        (vec![prompt.clone(), image.clone()], 400, "malformed", "model"),
        (vec![model.clone(), prompt.clone(), part("image", "image/gif", "")], 400, "malformed", "image"),
        (with(&[part("image", "image/gif", GIF)]), 400, "malformed", "image"),
        (with(&[part("mask", "image/gif", GIF)]), 422, "invalid_parameter", "mask"),
        (with(&[text_part("n", "many")]), 400, "malformed", "n"),
        (with(&[text_part("colour", "red")]), 422, "invalid_parameter", "colour"),
        (with(&[text_part("stream", "true")]), 422, "invalid_parameter", "stream"),
        (with(&[text_part("", "x")]), 400, "malformed", "body"),
    ] {
        let ask = house.ask(Method::POST, EDITS).form(&parts).by("u1");
        ask.check(status, code, Some(param)).await;
    }
    house.post(EDITS, fox()).by("u1").check(400, "malformed", Some("body")).await;
    let poor = house.ask(Method::POST, EDITS).form(&with(&[])).by("poor");
    poor.check(402, "insufficient_credits", None).await;
    for user in ["u1", "poor"] {
        assert_eq!(house.get("/api/v1/files").by(user).ok(200).await["data"], json!([]), "{user}");
    }
}

//! Videos over OpenAI's wire: the native jobs in another shape.

use fourfold_domain::{Outputs, Poll, Quantity, Reason, Started, Unit};
use http::Method;
use serde_json::{Value, json};

use crate::support::{House, failure, outputs, part, running, task, text_part};

const PATH: &str = "/v1/videos";

fn film() -> Value {
    json!({"model": "film", "prompt": "a fox", "seconds": "2", "size": "64x64"})
}

fn filmed() -> Outputs {
    Outputs {
        quantities: vec![Quantity::new(Unit::VideoSecond, 2)],
        ..outputs(&[("video/mp4", "0123456789")])
    }
}

fn id(video: &Value) -> String {
    video["id"].as_str().unwrap().to_owned()
}

fn at(video: &Value) -> String {
    format!("{PATH}/{}", id(video))
}

async fn make(house: &House, user: &str) -> Value {
    house.vendor.will_start(Ok(Started::Done(filmed())));
    let video = house.post(PATH, film()).by(user).ok(200).await;
    house.bring_to_an_end(&id(&video)).await;
    house.get(&at(&video)).by(user).ok(200).await
}

#[tokio::test]
async fn a_video_is_its_job_in_openais_shape() {
    let house = House::new().await;
    house.vendor.will_start(Ok(task()));
    let video = house.post(PATH, film()).by("u1").ok(200).await;
    let created = video["created_at"].clone();
    assert!(created.is_i64(), "{video}");
    let mut expected = json!({
        "id": video["id"], "object": "video", "model": "film", "status": "queued", "progress": 0,
        "created_at": created, "completed_at": null, "expires_at": null, "prompt": "a fox", "seconds": "2",
        "size": "64x64", "remixed_from_video_id": null, "error": null,
    });
    assert_eq!(video, expected);
    let job = house.get(&format!("/api/v1/jobs/{}", id(&video))).by("u1").ok(200).await;
    assert_eq!(job["input"], json!({"prompt": "a fox", "seconds": 2, "size": "64x64"}));

    house.look(&id(&video)).await;
    house.vendor.will_say(running(40));
    house.look(&id(&video)).await;
    (expected["status"], expected["progress"]) = (json!("in_progress"), json!(40));
    assert_eq!(house.get(&at(&video)).by("u1").ok(200).await, expected);
    let content = format!("{}/content", at(&video));
    house.get(&content).by("u1").check(409, "in_progress", None).await;

    house.vendor.will_say(Ok(Poll::Done(filmed())));
    house.bring_to_an_end(&id(&video)).await;
    let done = house.get(&at(&video)).by("u1").answer().await;
    assert_eq!(done.header("fourfold-provider"), Some("acme"));
    (expected["status"], expected["progress"]) = (json!("completed"), json!(100));
    expected["completed_at"] = done.json()["completed_at"].clone();
    assert!(expected["completed_at"].as_i64() >= created.as_i64(), "{}", done.text());
    assert_eq!(done.json(), expected);
}

#[tokio::test]
async fn a_video_that_failed_says_why() {
    let house = House::new().await;
    house.vendor.will_start(Err(failure(Reason::Refused)));
    let video = house.post(PATH, film()).by("u1").ok(200).await;
    house.bring_to_an_end(&id(&video)).await;
    let failed = house.get(&at(&video)).by("u1").ok(200).await;
    assert_eq!(failed["error"], json!({"code": "refused", "message": "the vendor says no"}));
    assert_eq!((&failed["status"], &failed["completed_at"]), (&json!("failed"), &Value::Null));
    house.get(&format!("{}/content", at(&video))).by("u1").check(404, "not_found", None).await;
}

#[tokio::test]
async fn content_is_read_whole_and_in_parts() {
    let house = House::new().await;
    let video = make(&house, "u1").await;
    let content = format!("{}/content", at(&video));
    for path in [content.clone(), format!("{content}?variant=video")] {
        let whole = house.get(&path).by("u1").answer().await;
        assert_eq!((whole.status, whole.text()), (200, "0123456789".to_owned()));
        assert_eq!(whole.header("content-type"), Some("video/mp4"));
    }
    let middle = house.get(&content).by("u1").header("range", "bytes=2-4").answer().await;
    assert_eq!((middle.status, middle.text()), (206, "234".to_owned()));
    assert_eq!(middle.header("content-range"), Some("bytes 2-4/10"));
    house
        .get(&content)
        .by("u1")
        .header("range", "bytes=10-")
        .check(416, "range_not_satisfiable", Some("Range"))
        .await;
    for variant in ["thumbnail", "spritesheet", "x"] {
        let path = format!("{content}?variant={variant}");
        house.get(&path).by("u1").check(422, "invalid_parameter", Some("variant")).await;
    }
}

#[tokio::test]
async fn a_form_is_taken_and_its_picture_becomes_a_file() {
    let house = House::new().await;
    let parts = |seconds: &str| {
        [
            text_part("model", "film"),
            text_part("prompt", "a fox"),
            text_part("seconds", seconds),
            part("input_reference", "image/gif", "GIF89a and what follows"),
        ]
    };
    let ask = |seconds: &str| {
        house.ask(Method::POST, PATH).form(&parts(seconds)).by("u1").header("idempotency-key", "k1")
    };
    let video = ask("4").ok(200).await;
    assert_eq!(ask("4").ok(200).await, video);
    ask("3").check(422, "idempotency_mismatch", Some("Idempotency-Key")).await;
    let files = house.get("/api/v1/files").by("u1").ok(200).await;
    assert_eq!(files["data"].as_array().unwrap().len(), 1, "{files}");
    let job = house.get(&format!("/api/v1/jobs/{}", id(&video))).by("u1").ok(200).await;
    let file = format!("file:{}", files["data"][0]["id"].as_str().unwrap());
    assert_eq!(job["input"], json!({"prompt": "a fox", "seconds": 4, "image": file}));
    let by_id = json!({"model": "film", "prompt": "x", "input_reference": {"file_id": file.trim_start_matches("file:")}});
    let again = house.post(PATH, by_id).by("u1").ok(200).await;
    let job = house.get(&format!("/api/v1/jobs/{}", id(&again))).by("u1").ok(200).await;
    assert_eq!(job["input"]["image"], file);
    assert_eq!(again["seconds"], "4", "what holds where it is left out");
}

#[tokio::test]
async fn the_list_has_videos_alone_in_either_order() {
    let house = House::new().await;
    assert_eq!(
        house.get(PATH).by("nobody").ok(200).await,
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false})
    );
    let mut videos = Vec::new();
    for _ in 0..3 {
        videos.push(id(&house.post(PATH, film()).by("u1").ok(200).await));
        house.submit("u1").await;
    }
    house.post(PATH, film()).by("u2").ok(200).await;
    for order in ["asc", "desc"] {
        let path = format!("{PATH}?limit=2&order={order}");
        let first = house.get(&path).by("u1").ok(200).await;
        let ids = |page: &Value| page["data"].as_array().unwrap().iter().map(id).collect::<Vec<_>>();
        assert_eq!((ids(&first), &first["has_more"]), (videos[..2].to_vec(), &json!(true)), "{order}");
        assert_eq!((&first["first_id"], &first["last_id"]), (&json!(videos[0]), &json!(videos[1])));
        let second = house.get(&format!("{path}&after={}", videos[1])).by("u1").ok(200).await;
        assert_eq!((ids(&second), &second["has_more"]), (videos[2..].to_vec(), &json!(false)), "{order}");
        videos.reverse();
    }
    for (query, status, code, param) in [
        ("limit=0", 400, "malformed", "limit"),
        ("limit=101", 400, "malformed", "limit"),
        ("after=x", 400, "malformed", "after"),
        ("order=up", 422, "invalid_parameter", "order"),
    ] {
        house.get(&format!("{PATH}?{query}")).by("u1").check(status, code, Some(param)).await;
    }
}

#[tokio::test]
async fn a_deleted_video_is_gone_from_here_and_its_job_tells_so() {
    let house = House::new().await;
    let (video, other) = (make(&house, "u1").await, make(&house, "u1").await);
    let deleted = house.delete(&at(&video)).by("u1").ok(200).await;
    assert_eq!(deleted, json!({"id": id(&video), "object": "video.deleted", "deleted": true}));
    for ask in
        [house.delete(&at(&video)), house.get(&at(&video)), house.get(&format!("{}/content", at(&video)))]
    {
        ask.by("u1").check(404, "not_found", None).await;
    }
    assert_eq!(house.get(PATH).by("u1").ok(200).await["data"], json!([other]));
    let job = house.get(&format!("/api/v1/jobs/{}", id(&video))).by("u1").ok(200).await;
    assert_eq!((&job["state"], &job["credits"]["charged"]), (&json!("succeeded"), &json!("0.04")));
    assert!(job["artifacts"][0]["removed_at"].is_string(), "{job}");

    let queued = house.post(PATH, film()).by("u1").ok(200).await;
    house.delete(&at(&queued)).by("u1").ok(200).await;
    let job = house.get(&format!("/api/v1/jobs/{}", id(&queued))).by("u1").ok(200).await;
    assert_eq!(job["state"], "cancelled");
}

#[tokio::test]
async fn a_job_that_makes_no_video_is_none() {
    let house = House::new().await;
    let picture = house.submit("u1").await;
    for path in [format!("{PATH}/{picture}"), format!("{PATH}/{picture}/content")] {
        house.get(&path).by("u1").check(404, "not_found", None).await;
    }
    house.delete(&format!("{PATH}/{picture}")).by("u1").check(404, "not_found", None).await;
    house.get(&format!("{PATH}/video_1")).by("u1").check(400, "malformed", Some("id")).await;
}

#[tokio::test]
async fn what_is_not_offered_is_refused_by_openais_name() {
    let house = House::new().await;
    let with = |name: &str, value: Value| {
        let mut body = film();
        body[name] = value;
        body
    };
    for (body, status, code, param) in [
        (json!({"prompt": "a fox"}), 400, "malformed", "model"),
        (with("model", json!("nobody")), 404, "unknown_model", "model"),
        (with("model", json!("picture")), 422, "invalid_parameter", "model"),
        (with("prompt", Value::Null), 400, "malformed", "prompt"),
        (with("seconds", json!("9")), 422, "invalid_parameter", "seconds"),
        (with("seconds", json!("long")), 400, "malformed", "seconds"),
        (with("size", json!("1x1")), 422, "invalid_parameter", "size"),
        (with("size", json!(64)), 400, "malformed", "size"),
        (with("colour", json!("red")), 422, "invalid_parameter", "colour"),
        (with("input_reference", json!(7)), 400, "malformed", "input_reference"),
        (with("input_reference", json!("what")), 422, "invalid_parameter", "input_reference"),
        (
            with("input_reference", json!({"file_id": "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d"})),
            422,
            "invalid_parameter",
            "input_reference",
        ),
    ] {
        let asked = body.to_string();
        let answer = house.post(PATH, body).by("u1").answer().await;
        let found = (answer.status, answer.code(), answer.param());
        assert_eq!(found, (status, Some(code.to_owned()), Some(param.to_owned())), "{asked}");
    }
    house.post(PATH, film()).by("poor").check(402, "insufficient_credits", None).await;
    assert_eq!(house.get(PATH).by("u1").ok(200).await["data"], json!([]));
}

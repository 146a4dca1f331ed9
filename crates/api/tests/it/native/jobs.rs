//! Jobs: their shape, and what is refused.

use fourfold_domain::{Poll, Reason, Started};
use fourfold_service::keys::KeyKind;
use http::Method;
use serde_json::{Value, json};

use crate::support::{House, Plan, failure, new_job, outputs, running, task};

/// A job as the description of the routes has it, right after it was taken.
fn taken(id: &Value) -> Value {
    json!({
        "id": id,
        "object": "job",
        "model": "picture",
        "state": "queued",
        "progress": null,
        "created_at": "2026-01-01T00:00:00.000Z",
        "updated_at": "2026-01-01T00:00:00.000Z",
        "attempts": [],
        "input": {"prompt": "a fox", "n": 2},
        "output": null,
        "artifacts": [],
        "error": null,
        "credits": {"held": "0.08", "charged": "0"},
        "metadata": {"order": 7},
    })
}

#[tokio::test]
async fn a_job_has_one_shape_however_it_is_asked_for() {
    let house = House::new().await;
    let body = json!({
        "model": "picture",
        "input": {"prompt": "a fox", "n": 2},
        "metadata": {"order": 7},
        "max_credits": "0.08",
        "priority": "low",
    });
    let created = house.post("/api/v1/jobs", body).by("u1").ok(202).await;
    let id = created["id"].as_str().unwrap();
    assert_eq!(created, taken(&created["id"]));
    assert_eq!(house.get(&format!("/api/v1/jobs/{id}")).by("u1").ok(200).await, created);

    let mut listed = created.clone();
    listed.as_object_mut().unwrap().remove("input");
    let list = house.get("/api/v1/jobs").by("u1").ok(200).await;
    assert_eq!(list, json!({"data": [listed], "next_cursor": null}));
}

#[tokio::test]
async fn a_job_that_is_done_shows_its_results_and_its_charge() {
    let house = House::new().await;
    let job = house.make("u1", outputs(&[("image/png", "abc")])).await;
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(job["state"], "succeeded");
    assert_eq!(job["credits"], json!({"held": "0.04", "charged": "0.04"}));
    let attempt = json!({"number": 1, "provider": "acme", "state": "succeeded", "error": null, "vendor": {}});
    assert_eq!(job["attempts"], json!([attempt]));
    let shown = house.get(&format!("/api/v1/jobs/{}", job["id"].as_str().unwrap())).by("u1").answer().await;
    assert_eq!(shown.header("fourfold-provider"), Some("acme"));
    let url = job["artifacts"][0]["url"].as_str().unwrap();
    assert!(url.starts_with("http://127.0.0.1:8080/files/"), "{url}");
    let artifact =
        json!({"index": 0, "media_type": "image/png", "size_bytes": 3, "sha256": sha256, "url": url});
    assert_eq!(job["artifacts"], json!([artifact]));
    assert_eq!(job["error"], Value::Null);
}

#[tokio::test]
async fn a_job_that_failed_says_why_and_costs_nothing() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    house.vendor.will_start(Err(failure(Reason::Refused)));
    house.bring_to_an_end(&id).await;
    let job = house.get(&format!("/api/v1/jobs/{id}")).by("u1").ok(200).await;
    let error = json!({"code": "refused", "message": "the vendor says no"});
    assert_eq!(job["state"], "failed");
    assert_eq!(job["error"], error);
    assert_eq!(
        job["attempts"],
        json!([{"number": 1, "provider": "acme", "state": "failed", "error": error, "vendor": {}}])
    );
    assert_eq!(job["credits"], json!({"held": "0.04", "charged": "0"}));
}

#[tokio::test]
async fn progress_is_shown_while_the_vendor_tells_it() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    house.vendor.will_start(Ok(task()));
    house.vendor.will_say(running(40));
    house.look(&id).await;
    house.look(&id).await;
    let job = house.get(&format!("/api/v1/jobs/{id}")).by("u1").ok(200).await;
    assert_eq!((&job["state"], &job["progress"]), (&json!("running"), &json!(40)));
    house.vendor.will_say(Ok(Poll::Done(outputs(&[("image/png", "abc")]))));
    house.bring_to_an_end(&id).await;
    let job = house.get(&format!("/api/v1/jobs/{id}")).by("u1").ok(200).await;
    assert_eq!(job["state"], "succeeded");
}

/// Fails unless a job with these changes is refused so, and nothing is held.
async fn check(changes: Value, status: u16, code: &str, param: Option<&str>) {
    let house = House::new().await;
    let mut body = new_job();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    house.post("/api/v1/jobs", body).by("u1").check(status, code, param).await;
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await["held"], "0");
}

#[tokio::test]
async fn a_mistake_names_its_field() {
    for wrong in [json!(null), json!(""), json!(7)] {
        check(json!({"model": wrong}), 400, "malformed", Some("model")).await;
    }
    check(json!({"model": "nobody"}), 404, "unknown_model", Some("model")).await;
    check(json!({"model": "../../x"}), 404, "unknown_model", Some("model")).await;
    for wrong in [json!(null), json!("a fox"), json!([])] {
        check(json!({"input": wrong}), 400, "malformed", Some("input")).await;
    }
    for wrong in [json!({}), json!({"prompt": ""}), json!({"prompt": 7})] {
        check(json!({"input": wrong}), 400, "malformed", Some("input.prompt")).await;
    }
    let input = |name: &str, value: Value| json!({"input": {"prompt": "a fox", name: value}});
    check(input("n", json!("2")), 400, "malformed", Some("input.n")).await;
    check(input("n", json!(0)), 422, "invalid_parameter", Some("input.n")).await;
    check(input("n", json!(11)), 422, "invalid_parameter", Some("input.n")).await;
    check(input("size", json!("65x64")), 422, "invalid_parameter", Some("input.size")).await;
    check(input("style", json!("oil")), 422, "invalid_parameter", Some("input.style")).await;
    check(json!({"metadata": "x"}), 400, "malformed", Some("metadata")).await;
    for wrong in [json!(1), json!("-1"), json!("1.0000001"), json!("much")] {
        check(json!({"max_credits": wrong}), 400, "malformed", Some("max_credits")).await;
    }
    check(json!({"priority": 1}), 400, "malformed", Some("priority")).await;
    check(json!({"priority": "urgent"}), 422, "invalid_parameter", Some("priority")).await;
    check(json!({"webhook_url": "https://x.example"}), 422, "invalid_parameter", Some("webhook_url")).await;
    check(json!({"promt": "x"}), 422, "invalid_parameter", Some("promt")).await;
}

#[tokio::test]
async fn a_message_says_what_is_allowed() {
    let house = House::new().await;
    let cases = [
        (json!({"model": "picture", "input": {"prompt": "x", "n": 11}}), "from 1 to 10"),
        (json!({"model": "picture", "input": {"prompt": "x", "style": "oil"}}), "prompt, n, size"),
        (json!({"model": "picture", "input": {"prompt": "x"}, "priority": "urgent"}), "high, normal, low"),
        (json!({"model": "picture", "input": {"prompt": "x"}, "promt": "x"}), "model, input, metadata"),
        (json!({"model": "nobody", "input": {}}), "/api/v1/models"),
    ];
    for (body, allowed) in cases {
        let answer = house.post("/api/v1/jobs", body).by("u1").answer().await;
        assert!(answer.message().contains(allowed), "{}", answer.text());
    }
}

#[tokio::test]
async fn nulls_are_as_if_left_out() {
    let house = House::new().await;
    let mut body = new_job();
    for name in ["metadata", "max_credits", "priority", "webhook_url", "anything"] {
        body[name] = Value::Null;
    }
    house.post("/api/v1/jobs", body).by("u1").ok(202).await;
}

#[tokio::test]
async fn what_costs_too_much_is_refused() {
    check(json!({"max_credits": "0.039999"}), 402, "max_credits_exceeded", Some("max_credits")).await;
    let house = House::new().await;
    house.post("/api/v1/jobs", new_job()).by("poor").check(402, "insufficient_credits", None).await;
    let accounts = house.get("/api/v1/admin/accounts/poor").by_admin();
    accounts.check(404, "not_found", None).await;
}

#[tokio::test]
async fn high_priority_is_for_service_and_admin_keys() {
    let house = House::new().await;
    let mut body = new_job();
    body["priority"] = json!("high");
    let ask = house.post("/api/v1/jobs", body.clone()).by_kind(KeyKind::User, "u1").await;
    ask.check(403, "missing_scope", Some("priority")).await;
    for kind in [KeyKind::Service, KeyKind::Admin] {
        house.post("/api/v1/jobs", body.clone()).by_kind(kind, "u1").await.ok(202).await;
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let long = "x".repeat(70_000);
    check(json!({"input": {"prompt": long}}), 413, "too_large", Some("input")).await;
    check(json!({"metadata": {"note": long}}), 413, "too_large", Some("metadata")).await;
    check(json!({"input": {"prompt": "x".repeat(1024 * 1024)}}), 413, "too_large", None).await;
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_malformed() {
    let house = House::new().await;
    for wrong in
        ["", "{", "[]", "7", "\"x\"", "null", "{} {}", "model=picture", "{\"model\": }", "\u{feff}{}"]
    {
        let ask = house.ask(Method::POST, "/api/v1/jobs").body(wrong).by("u1");
        ask.check(400, "malformed", Some("body")).await;
    }
    let deep = format!("{}1{}", "{\"a\":".repeat(1000), "}".repeat(1000));
    let ask = house.ask(Method::POST, "/api/v1/jobs").body(deep).by("u1");
    ask.check(400, "malformed", Some("body")).await;
}

#[tokio::test]
async fn without_room_no_work_is_taken() {
    let house = House::with(Plan { has_room: false, ..Plan::default() }).await;
    let ask = house.post("/api/v1/jobs", new_job()).by("u1");
    let answer = ask.check(503, "storage_full", None).await;
    assert_eq!((answer.header("x-should-retry"), answer.header("retry-after")), (Some("true"), Some("30")));
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await["held"], "0");
}

#[tokio::test]
async fn a_job_that_nobody_works_on_is_called_off_at_once() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    let cancel = format!("/api/v1/jobs/{id}/cancel");
    let job = house.post(&cancel, json!({})).by("u1").ok(202).await;
    assert_eq!((&job["state"], &job["error"]["code"]), (&json!("cancelled"), &json!("cancelled")));
    assert_eq!(house.get("/api/v1/credits").by("u1").ok(200).await["available"], "10");
    house.ask(Method::POST, &cancel).by("u1").check(409, "already_final", None).await;
}

#[tokio::test]
async fn a_job_under_way_is_called_off_by_its_worker() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    house.vendor.will_start(Ok(task()));
    house.look(&id).await;
    let cancel = format!("/api/v1/jobs/{id}/cancel");
    for _again in 0..2 {
        let job = house.ask(Method::POST, &cancel).by("u1").ok(202).await;
        assert_eq!(job["state"], "running");
    }
}

#[tokio::test]
async fn a_job_that_is_final_can_not_be_called_off() {
    let house = House::new().await;
    let job = house.make("u1", outputs(&[("image/png", "abc")])).await;
    let cancel = format!("/api/v1/jobs/{}/cancel", job["id"].as_str().unwrap());
    house.ask(Method::POST, &cancel).by("u1").check(409, "already_final", None).await;
}

#[tokio::test]
async fn an_id_is_a_uuid_in_lower_case() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    for wrong in ["x", "1", "..%2f..%2fx", &id.to_uppercase(), &id.replace('-', ""), "%ff"] {
        for (method, route) in [
            (Method::GET, ""),
            (Method::POST, "/cancel"),
            (Method::GET, "/events"),
            (Method::GET, "/artifacts/0"),
        ] {
            let answer = house.ask(method, &format!("/api/v1/jobs/{wrong}{route}")).by("u1").answer().await;
            assert_eq!((answer.status, answer.code().as_deref()), (400, Some("malformed")), "{wrong}{route}");
        }
    }
    let unknown = "0192f0c1-2d3e-7a4b-8c5d-6e7f8a9b0c1d";
    house.get(&format!("/api/v1/jobs/{unknown}")).by("u1").check(404, "not_found", None).await;
}

#[tokio::test]
async fn a_job_whose_results_come_at_once_is_worked_on_in_one_look() {
    let house = House::new().await;
    let id = house.submit("u1").await;
    house.vendor.will_start(Ok(Started::Done(outputs(&[("image/png", "abc")]))));
    house.look(&id).await;
    assert_eq!(house.get(&format!("/api/v1/jobs/{id}")).by("u1").ok(200).await["state"], "succeeded");
}

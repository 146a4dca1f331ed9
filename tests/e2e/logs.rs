//! What is logged and counted: each job's end once, and nothing that a user or an operator keeps to himself.

use std::collections::BTreeMap;

use fourfold_servers::S3;
use serde_json::{Value, json};

use crate::support::{ADMIN_KEY, Cluster, Home, cancel, ended, fast, picture, reached, slow};

const PROMPT: &str = "marked-prompt-5d1c";

#[tokio::test]
async fn each_jobs_end_is_one_line() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    let account = server.admin.read("/api/v1/admin/accounts/u1").await["id"].clone();
    let mut expected = BTreeMap::new();
    for body in [fast("a"), slow("b"), picture("mock-image-fail", "c"), fast("d"), slow("e")] {
        let job = ended(&caller, &caller.submitted(&body).await).await;
        expected.insert(job["id"].to_string(), job["state"].clone());
    }
    let ran = server.stop().await;
    assert_eq!(outcomes(&ran.stderr, &account), expected);
}

#[tokio::test]
async fn each_cancelled_jobs_end_is_one_line() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "10m");
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    let account = server.admin.read("/api/v1/admin/accounts/u1").await["id"].clone();
    let running = caller.submitted(&slow("a fox")).await;
    reached(&caller, &running, 0, "job.running").await;
    cancel(&caller, &running).await.json(202);
    ended(&caller, &running).await;
    let ran = server.stop().await;
    assert_eq!(outcomes(&ran.stderr, &account), [(running["id"].to_string(), json!("cancelled"))].into());
}

#[tokio::test]
async fn the_end_of_a_job_that_nobody_worked_on_is_one_line() {
    let home = Home::new()
        .with("FOURFOLD__PROVIDERS__MOCK__FAIL", "unavailable")
        .with("FOURFOLD__JOBS__BACKOFF", "10m");
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    let account = server.admin.read("/api/v1/admin/accounts/u1").await["id"].clone();
    let waiting = caller.submitted(&fast("a fox")).await;
    reached(&caller, &waiting, 1, "job.queued").await;
    cancel(&caller, &waiting).await.json(202);
    let ran = server.stop().await;
    assert_eq!(outcomes(&ran.stderr, &account), [(waiting["id"].to_string(), json!("cancelled"))].into());
}

/// The lines that tell a job's end, each complete, by the job's id.
#[track_caller]
fn outcomes(lines: &[String], account: &Value) -> BTreeMap<String, Value> {
    let mut outcomes = BTreeMap::new();
    for line in lines {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if line["message"] != "a job ended" {
            continue;
        }
        assert_eq!(line["account.id"], *account, "{line}");
        assert!(line["duration_ms"].is_u64() && line["level"] == "INFO", "{line}");
        let earlier = outcomes.insert(line["job.id"].to_string(), line["state"].clone());
        assert_eq!(earlier, None, "told twice: {line}");
    }
    outcomes
}

/// At the finest level, of our own code: what isn't logged then never is.
#[tokio::test]
async fn no_prompt_key_or_link_is_logged_or_counted() {
    let home = Home::new().with("FOURFOLD__LOG__FILTER", "info,fourfold=trace,fourfold_api=trace,fourfold_service=trace,fourfold_providers=trace,fourfold_clients=trace");
    let server = home.start().await;
    let operator = server.admin.clone();
    operator.grant("u1", "10").await;
    let service_key = operator.key(&json!({"kind": "service"})).await;
    let caller = operator.nobody().with_key(&service_key).user("u1");
    let unknown_key = "ff_marked_key_that_nobody_knows";

    let mut links = Vec::new();
    for model in ["mock-image", "mock-image-slow", "mock-image-fail"] {
        let mut body = picture(model, PROMPT);
        body["metadata"] = json!({"note": PROMPT});
        let ask = caller.post("/api/v1/jobs", &body).header("idempotency-key", &format!("{PROMPT}-{model}"));
        let job = ended(&caller, &ask.send().await.json(202)).await;
        if let Some(url) = job["artifacts"][0]["url"].as_str() {
            links.push(url[url.find("/files/").unwrap()..].to_owned());
        }
    }
    assert_eq!(links.len(), 2);
    for link in &links {
        assert_eq!(operator.nobody().get(link).send().await.status, 200);
        operator.nobody().get(&format!("{link}x")).send().await.refuses(404, "not_found");
    }
    // What is refused is logged no more than what is taken.
    caller.submit(&picture(PROMPT, PROMPT)).await.refuses(404, "unknown_model");
    caller
        .submit(&json!({"model": "mock-image", "input": {"prompt": "x", "size": PROMPT}}))
        .await
        .refuses(422, "invalid_parameter");
    caller.ask("POST", "/api/v1/jobs").text(&format!("{{\"{PROMPT}")).send().await.refuses(400, "malformed");
    caller.get(&format!("/api/v1/{PROMPT}?prompt={PROMPT}")).send().await.refuses(404, "not_found");
    caller.get("/api/v1/jobs").header("x-request-id", &format!("{PROMPT} {PROMPT}")).send().await.json(200);
    operator.nobody().with_key(unknown_key).get("/api/v1/jobs").send().await.refuses(401, "invalid_api_key");

    let metrics = operator.get("/metrics").send().await.text();
    let ran = server.stop().await;
    let logs = ran.stderr.join("\n");
    assert!(logs.contains("a job ended") && metrics.contains("fourfold_jobs_ended_total"));
    let tokens = links.iter().map(|link| link.strip_prefix("/files/").unwrap());
    // A mock's task id carries its prompt.
    for secret in [PROMPT, ADMIN_KEY, &service_key, unknown_key, "mock1."].into_iter().chain(tokens) {
        for (place, text) in [("logs", &logs), ("metrics", &metrics), ("output", &ran.stdout.join("\n"))] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret} in the {place}");
        }
    }
}

/// Neither where all is well nor where a server refuses its password.
#[tokio::test]
async fn scaled_out_no_secret_of_a_server_that_is_used_is_shown() {
    const PASSWORD: &str = "marked-password-7e2f";
    let cluster = Cluster::new();
    let database = cluster.postgres.create_database().unwrap();
    let redis = cluster.redis.lock().unwrap().url();
    let mut home = cluster
        .home
        .with("FOURFOLD__JOBS__SWEEP", "200ms")
        .with("FOURFOLD__LOG__FILTER", "debug,fourfold=trace,fourfold_api=trace,fourfold_service=trace")
        .with("DATABASE_URL", database.replace("postgres@", &format!("postgres:{PASSWORD}@")));
    for redis in [redis.clone(), redis.replace("redis://", &format!("redis://:{PASSWORD}@"))] {
        home = home.with("REDIS_URL", redis);
        let server = home.start().await;
        let caller = server.admin.user("u1");
        server.admin.grant("u1", "10").await;
        assert_eq!(ended(&caller, &caller.submitted(&fast("a fox")).await).await["state"], "succeeded");
        let ready = server.admin.get("/health/ready").send().await.text();
        let config = home.command(&["config", "check"]).await;
        let ran = server.stop().await;
        let logs = ran.stderr.join("\n");
        assert!(logs.contains("a job ended") && config.code() == Some(0), "{logs}");
        for secret in [PASSWORD, S3::SECRET_ACCESS_KEY, ADMIN_KEY] {
            let shown = [&logs, &ran.stdout.join("\n"), &format!("{config:?}"), &ready]
                .map(|text| text.lines().find(|line| line.contains(secret)).map(str::to_owned));
            assert_eq!(shown, [None, None, None, None], "{secret} is shown");
        }
    }
}

//! Jobs as their operator sees them: by command and by the admin's routes; and how many of an account run at a time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Home, ended, eventually, fast, picture, slow};

#[tokio::test]
async fn jobs_are_listed_shown_and_tried_again_beside_a_running_server() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    server.admin.grant("u2", "10").await;
    let (first, second) = (server.admin.user("u1"), server.admin.user("u2"));
    let failed = ended(&first, &first.submitted(&picture("mock-image-fail", "a fox")).await).await;
    let done = ended(&second, &second.submitted(&fast("a hen")).await).await;
    let (failed, done) = (failed["id"].as_str().unwrap(), done["id"].as_str().unwrap());

    let list = async |arguments: &[&str]| {
        let arguments: Vec<&str> = ["jobs", "list", "--json"].iter().chain(arguments).copied().collect();
        let lines = home.command(&arguments).await.output();
        let line =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
        lines.lines().map(line).collect::<Vec<_>>()
    };
    assert_eq!(list(&[]).await, [done, failed]);
    assert_eq!(list(&["--limit", "1"]).await, [done]);
    assert_eq!(list(&["--account", "u1"]).await, [failed]);
    assert_eq!(list(&["--state", "succeeded"]).await, [done]);
    assert_eq!(list(&["--model", "mock-video"]).await, Vec::<String>::new());
    let told = home.command(&["jobs", "list", "--state", "failed"]).await.output();
    assert!(told.contains(failed) && told.contains("u1"), "{told}");
    let shown = home.command(&["jobs", "show", failed]).await.output();
    assert!(shown.contains("attempt 1 at mock: failed"), "{shown}");

    let again = home.command(&["jobs", "retry", failed]).await.output();
    let retried = ended(&first, &json!({"id": again})).await;
    assert_eq!((&retried["retry_of"], &retried["state"]), (&json!(failed), &json!("failed")));
    for (arguments, words) in [
        (["jobs", "retry", done], "this one is succeeded"),
        (["jobs", "cancel", done], "the job is final"),
        (["jobs", "show", "01890000-0000-7000-8000-000000000000"], "no such job"),
    ] {
        let said = home.command(&arguments).await.complaint();
        assert!(said.contains(words), "{said}");
    }
    assert!(home.command(&["ledger", "verify"]).await.output().ends_with("clean"));
}

#[tokio::test]
async fn a_job_that_the_command_line_calls_off_ends_on_the_running_server() {
    let home =
        Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "60s").with("FOURFOLD__JOBS__SWEEP", "200ms");
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    let job = caller.submitted(&slow("a fox")).await;
    let id = job["id"].as_str().unwrap();
    let path = format!("/api/v1/jobs/{id}");
    eventually("it runs", Duration::from_secs(10), async || {
        (caller.read(&path).await["state"] == "running").then_some(())
    })
    .await;
    let said = home.command(&["jobs", "cancel", id]).await.output();
    assert!(said.contains(id), "{said}");
    assert_eq!(ended(&caller, &job).await["state"], "cancelled");
}

#[tokio::test]
async fn the_operator_sees_every_accounts_jobs() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    let failed = ended(&caller, &caller.submitted(&picture("mock-image-fail", "a fox")).await).await;
    let done = ended(&caller, &caller.submitted(&fast("a hen")).await).await;
    let ids = async |query: &str| {
        let page = server.admin.read(&format!("/api/v1/admin/jobs{query}")).await;
        let jobs = page["data"].as_array().unwrap().clone();
        jobs.iter().map(|job| job["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [done["id"].clone(), failed["id"].clone()]);
    assert_eq!(
        ids("?state=failed&account=u1&realm=default&model=mock-image-fail").await,
        [failed["id"].clone()]
    );
    assert_eq!(ids("?account=u2").await, Vec::<Value>::new());
    server.admin.get("/api/v1/admin/jobs?state=lost").send().await.refuses(400, "malformed");
    let page = server.admin.read("/api/v1/admin/jobs?limit=1").await;
    assert_eq!((&page["data"][0]["account"], &page["data"][0]["realm"]), (&json!("u1"), &json!("default")));
    assert_eq!(page["next_cursor"], done["id"]);

    let act = async |job: &Value, what: &str| {
        let path = format!("/api/v1/admin/jobs/{}/{what}", job["id"].as_str().unwrap());
        server.admin.ask("POST", &path).send().await
    };
    let again = act(&failed, "retry").await.json(202);
    assert_eq!((&again["retry_of"], &again["account"]), (&failed["id"], &json!("u1")));
    ended(&caller, &again).await;
    act(&done, "retry").await.refuses(409, "not_retryable");
    act(&done, "cancel").await.refuses(409, "already_final");
    caller
        .ask("POST", &format!("/api/v1/jobs/{}/cancel", done["id"].as_str().unwrap()))
        .send()
        .await
        .refuses(409, "already_final");
}

#[tokio::test]
async fn an_account_runs_no_more_jobs_at_a_time_than_it_may() {
    const JOBS: usize = 7;
    let home = Home::new().with("FOURFOLD__JOBS__ACCOUNT_MAX", "2");
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    for number in 0..JOBS {
        caller.submitted(&slow(&format!("fox {number}"))).await;
    }
    eventually("every job has ended", Duration::from_secs(60), async || {
        let jobs = caller.read("/api/v1/jobs").await["data"].as_array().unwrap().clone();
        let count = |states: &[&str]| {
            jobs.iter().filter(|job| states.contains(&job["state"].as_str().unwrap())).count()
        };
        let running = count(&["starting", "running", "storing"]);
        assert!(running <= 2, "{running} run at a time");
        (count(&["succeeded"]) == JOBS).then_some(())
    })
    .await;
    assert!(home.command(&["ledger", "verify"]).await.output().ends_with("clean"));
}

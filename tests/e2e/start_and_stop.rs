//! The first start, the last signal, and what lies between two lives.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::json;

use crate::support::{ADMIN_KEY, Home, eventually, fast, read_books, run, slow, within};

#[tokio::test]
async fn first_start_prints_the_admin_key_once() {
    let home = Home::new().without("FOURFOLD_ADMIN_KEY");
    let first = home.start().await;
    let ran = first.stop().await;
    let keys: Vec<_> =
        ran.stdout.iter().filter_map(|line| line.split(' ').find(|word| word.starts_with("ff_"))).collect();
    assert_eq!((ran.stdout.len(), keys.len()), (1, 1), "{ran:#?}");
    let key = keys[0];
    assert!(!ran.stderr.join("\n").contains(key), "the key isn't logged");

    let second = home.start().await;
    let operator = second.admin.nobody().with_key(key);
    assert_eq!(operator.read_all("/api/v1/admin/keys").await.len(), 1, "there is one key, and it works");
    assert_eq!(second.stop().await.stdout, Vec::<String>::new(), "it isn't shown again");
}

#[tokio::test]
async fn the_configured_admin_key_is_never_shown() {
    let home = Home::new();
    for _ in 0..2 {
        let server = home.start().await;
        assert_eq!(server.admin.read_all("/api/v1/admin/keys").await.len(), 1);
        let ran = server.stop().await;
        assert!(ran.stdout.is_empty() && !ran.stderr.join("\n").contains(ADMIN_KEY), "{ran:#?}");
    }
}

#[tokio::test]
async fn a_job_under_way_survives_sigterm() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "2s");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let job = caller.submitted(&slow("a fox")).await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    // A listener doesn't keep the server from stopping.
    let events = caller.get(&format!("{path}/events")).events().await;
    server.stop().await;
    drop(events);

    let server = home.start().await;
    let books = read_books(&home, &server.admin.user("u1")).await;
    assert_eq!(books.states(), [("succeeded", 1)].into());
    server.stop().await;
}

#[tokio::test]
async fn sigterm_answers_the_requests_under_way() {
    let home = Home::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "10m");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    server.admin.grant("u1", "10").await;
    let waiting = {
        let caller = caller.clone();
        run(
            async move { caller.post("/api/v1/jobs", &slow("a fox")).header("prefer", "wait=60").send().await },
        )
    };
    eventually("the job is there", Duration::from_secs(20), async || {
        let jobs = caller.read("/api/v1/jobs").await;
        (!jobs["data"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    server.terminate();
    // Who waits is told what is known by now: the job is taken, and goes on at the next start.
    let answered = within(waiting).await.unwrap().json(202);
    assert_eq!(answered["model"], "mock-image-slow");
    let ran = server.ended().await;
    assert_eq!(ran.code(), Some(0), "{ran:#?}");
    let words = ran.stderr.join("\n");
    assert!(words.contains("SIGTERM") && words.contains("\"stopped\""), "{words}");
}

#[tokio::test]
async fn sigint_stops_as_sigterm_does() {
    let server = Home::new().start().await;
    server.interrupt();
    let ran = server.ended().await;
    assert_eq!(ran.code(), Some(0), "{ran:#?}");
}

#[tokio::test]
async fn the_data_folder_is_for_its_owner_alone() {
    let home = Home::new();
    home.start().await.stop().await;
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(home.data_dir()), 0o700);
    assert_eq!(mode(home.data_dir().join("secret_key")), 0o600);
}

#[tokio::test]
async fn links_outlive_a_restart() {
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    let job = caller.post("/api/v1/jobs", &fast("a fox")).header("prefer", "wait=50").send().await.json(200);
    let url = job["artifacts"][0]["url"].as_str().unwrap();
    let path = url[url.find("/files/").unwrap()..].to_owned();
    server.kill().await;

    let server = home.start().await;
    assert_eq!(server.admin.nobody().get(&path).send().await.status, 200);
}

#[tokio::test]
async fn links_use_the_public_url() {
    let home = Home::new().with("FOURFOLD__SERVER__PUBLIC_URL", "https://pictures.example/base/");
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let ask = server.admin.user("u1").post("/api/v1/jobs", &fast("a fox"));
    let job = ask.header("prefer", "wait=50").send().await.json(200);
    let url = job["artifacts"][0]["url"].as_str().unwrap();
    assert!(url.starts_with("https://pictures.example/base/files/"), "{}", json!(url));
}

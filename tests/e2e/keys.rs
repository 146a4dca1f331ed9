//! Keys while they are used: given another secret, changed, and limited together by several nodes.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Cluster, Home, Role, Server, eventually, run};

/// How long anything may take to be noticed.
const WITHIN: Duration = Duration::from_secs(30);

/// The secret and the path of a new key.
async fn made(admin: &Api, body: &Value) -> (String, String) {
    let made = admin.post("/api/v1/admin/keys", body).send().await.json(201);
    let path = format!("/api/v1/admin/keys/{}", made["id"].as_str().unwrap());
    (made["key"].as_str().unwrap().to_owned(), path)
}

async fn rotated(admin: &Api, path: &str, overlap: &str) -> String {
    let answer = admin.post(&format!("{path}/rotate"), &json!({"overlap": overlap})).send().await;
    answer.json(200)["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_rotated_keys_old_secret_lives_on_for_its_overlap_and_no_longer() {
    let server = Home::new().start().await;
    let (first, path) = made(&server.admin, &json!({"kind": "user", "account": "u1"})).await;
    let credits = async |key: &str| server.admin.nobody().with_key(key).get("/api/v1/credits").send().await;
    let second = rotated(&server.admin, &path, "1h").await;
    for key in [&first, &second] {
        assert_eq!(credits(key).await.json(200)["account"], "u1");
    }
    let third = rotated(&server.admin, &path, "2s").await;
    credits(&first).await.refuses(401, "invalid_api_key");
    assert_eq!(credits(&second).await.status, 200);
    eventually("the overlap ends", WITHIN, async || (credits(&second).await.status == 401).then_some(()))
        .await;
    let fourth = rotated(&server.admin, &path, "0s").await;
    credits(&third).await.refuses(401, "invalid_api_key");
    assert_eq!(credits(&fourth).await.json(200)["account"], "u1");
}

#[tokio::test]
async fn a_secret_is_shown_again_to_the_same_request_after_a_restart_too() {
    let home = Home::new();
    let server = home.start().await;
    let ask = async |server: &Server, path: &str, body: &Value, status: u16| {
        let admin = server.admin.user("u1");
        admin.post(path, body).header("idempotency-key", "k").send().await.json(status)
    };
    let (keys, secrets) = ("/api/v1/admin/keys", "/api/v1/webhooks/secrets");
    let service = json!({"kind": "service"});
    let made = ask(&server, keys, &service, 201).await;
    let secret = ask(&server, secrets, &json!({}), 201).await;
    let rotate = format!("{keys}/{}/rotate", made["id"].as_str().unwrap());
    let rotated = ask(&server, &rotate, &json!({}), 200).await;
    server.stop().await;
    let server = home.start().await;
    assert_eq!(ask(&server, keys, &service, 201).await["key"], made["key"]);
    assert_eq!(ask(&server, secrets, &json!({}), 201).await, secret);
    assert_eq!(ask(&server, &rotate, &json!({}), 200).await, rotated);
    for shown in [&made["key"], &rotated["key"]] {
        let holder = server.admin.nobody().with_key(shown.as_str().unwrap());
        assert_eq!(holder.get("/v1/models").send().await.status, 200);
    }
}

/// Two nodes that know of each other.
async fn two_nodes() -> (Cluster, [Server; 2]) {
    let cluster = Cluster::new()
        .with("FOURFOLD__INSTANCES__BEAT", "200ms")
        .with("FOURFOLD__PROVIDERS__MOCK__DELAY", "10s");
    let nodes = [cluster.start(Role::All).await, cluster.start(Role::All).await];
    for node in &nodes {
        eventually("it knows of the other", WITHIN, async || {
            let metrics = node.admin.get("/metrics").send().await.text();
            metrics.lines().any(|line| line == "fourfold_instances_live 2").then_some(())
        })
        .await;
    }
    nodes[0].admin.grant("u1", "1000").await;
    (cluster, nodes)
}

/// The holder of this key at each node.
fn holders(nodes: &[Server; 2], key: &str) -> [Api; 2] {
    [0, 1].map(|node: usize| nodes[node].admin.nobody().with_key(key))
}

/// Checks that a request was refused by this limit, and says when there is more.
fn check_limited(answer: &Answer, limit: &str) {
    let error = answer.refuses(429, "rate_limit_exceeded");
    assert_eq!(error["message"], format!("this key may have {limit}; try again later"));
    assert_eq!(answer.header("x-should-retry"), "true");
    // What was taken at once is there again a minute later, and the time in which nodes use what they took.
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=64).contains(&seconds), "{seconds}");
}

/// How many more than a minute's allowance there are by now, where so many come back a minute.
fn come_back(since: Instant, a_minute: u32) -> f64 {
    since.elapsed().as_secs_f64() * f64::from(a_minute) / 60.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_redis_and_postgres_keep_a_keys_requests_together() {
    const A_MINUTE: u32 = 40;
    let (_cluster, nodes) = two_nodes().await;
    let limits = json!({"requests_per_minute": A_MINUTE});
    let body = json!({"kind": "user", "account": "u1", "limits": limits});
    let (key, _path) = made(&nodes[0].admin, &body).await;
    let holders = holders(&nodes, &key);
    let began = Instant::now();
    let mut taken = 0;
    for round in 0..A_MINUTE {
        for answer in join_all(holders.iter().map(|holder| holder.get("/api/v1/credits").send())).await {
            assert_eq!(answer.header("x-ratelimit-limit-requests"), A_MINUTE.to_string(), "{round}");
            assert!(answer.header("x-ratelimit-reset-requests").ends_with('s'), "{round}");
            if answer.status == 200 {
                taken += 1;
            } else {
                assert_eq!(answer.header("x-ratelimit-remaining-requests"), "0");
                check_limited(&answer, "40 requests a minute");
            }
        }
    }
    let most = f64::from(A_MINUTE) + come_back(began, A_MINUTE);
    // Each node may hold a block that it hasn't used.
    assert!((f64::from(A_MINUTE) * 0.8..=most + 1.0).contains(&f64::from(taken)), "{taken} of {most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_redis_and_postgres_keep_a_keys_tokens_together() {
    const A_MINUTE: u32 = 2000;
    let (_cluster, nodes) = two_nodes().await;
    let limits = json!({"tokens_per_minute": A_MINUTE});
    let body = json!({"kind": "user", "account": "u1", "limits": limits});
    let (key, _path) = made(&nodes[0].admin, &body).await;
    let messages = json!([{"role": "user", "content": "Where do foxes live? ".repeat(20)}]);
    let chat = json!({"model": "mock-chat", "max_tokens": 200, "messages": messages});
    let began = Instant::now();
    let (mut used, mut refused) = (0.0, 0);
    for _round in 0..40 {
        for holder in holders(&nodes, &key) {
            let answer = holder.post("/v1/chat/completions", &chat).send().await;
            if answer.status == 200 {
                assert_eq!(answer.header("x-ratelimit-limit-tokens"), A_MINUTE.to_string());
                used += answer.json(200)["usage"]["total_tokens"].as_f64().unwrap();
            } else {
                check_limited(&answer, "2000 tokens a minute");
                refused += 1;
            }
        }
    }
    let most = f64::from(A_MINUTE) + come_back(began, A_MINUTE);
    assert!(
        refused > 0 && used > 0.4 * f64::from(A_MINUTE) && used <= most,
        "{used} of {most}, {refused} refused"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_on_redis_and_postgres_share_a_keys_concurrency_and_learn_of_its_change() {
    let (_cluster, nodes) = two_nodes().await;
    let limits = json!({"concurrency": 2});
    let body = json!({"kind": "user", "account": "u1", "limits": limits});
    let (key, path) = made(&nodes[0].admin, &body).await;
    let holders = holders(&nodes, &key);
    let messages = json!([{"role": "user", "content": "Where do foxes live?"}]);
    let chat = json!({"model": "mock-chat-slow", "max_tokens": 50, "messages": messages});
    let account = nodes[0].admin.user("u1");
    let held = async || account.read("/api/v1/credits").await["held"].clone();
    let mut chats = Vec::new();
    for holder in &holders {
        let (before, asked) = (held().await, holder.post("/v1/chat/completions", &chat).send());
        chats.push(run(asked));
        eventually("the chat has begun", WITHIN, async || (held().await != before).then_some(())).await;
        check_limited(&holder.get("/api/v1/credits").send().await, "2 requests at the same time");
    }
    let change = json!({"limits": {"concurrency": 8}});
    nodes[0].admin.ask("PATCH", &path).json(&change).send().await.json(200);
    eventually("the other node learns of the change", WITHIN, async || {
        (holders[1].get("/api/v1/credits").send().await.status == 200).then_some(())
    })
    .await;
    assert!(!chats.iter().any(|chat| chat.is_finished()), "nothing else made room");
    for chat in chats {
        chat.await.unwrap().json(200);
    }
}

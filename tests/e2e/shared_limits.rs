//! A vendor's rate limit, kept by several processes together.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Api, Cluster, Role, ended, eventually, read_books};

/// How many calls the vendor allows.
const CALLS: usize = 5;

/// In any span of this length.
const PER: Duration = Duration::from_secs(2);

/// How long anything may take to be noticed.
const WITHIN: Duration = Duration::from_secs(30);

/// How much longer one call may be on its way to the vendor than another that began after it.
const JITTER: Duration = Duration::from_millis(250);

/// A vendor that counts nothing by itself, so that every call is seen; and processes that keep to a limit of theirs.
fn world(vendor: Vendor) -> (Simulator, Cluster) {
    let rate_limits = BTreeMap::from([(vendor, None)]);
    let simulator = Simulator::start(SimulatorSettings { rate_limits, ..SimulatorSettings::default() });
    let name = vendor.name().to_uppercase();
    let limit = |field| format!("FOURFOLD__PROVIDERS__{name}__RATE_LIMIT__{field}");
    let cluster = Cluster::new()
        .with(&format!("{name}_API_KEY"), "key-of-the-operator")
        .with(&format!("{name}_BASE_URL"), simulator.base_url(vendor))
        .with(&limit("CALLS"), CALLS.to_string())
        .with(&limit("PER"), format!("{}s", PER.as_secs()))
        .with(&limit("WAIT_MAX"), "60s")
        .with("FOURFOLD__INSTANCES__BEAT", "200ms")
        // So few that one process can't take all jobs.
        .with("FOURFOLD__JOBS__WORKERS", "4");
    (simulator, cluster)
}

/// Has so many chats at once, all of them answered.
async fn chat(node: &Api, count: usize) {
    let messages = json!([{"role": "user", "content": "Where do foxes live?"}]);
    let body = json!({"model": "gpt-4.1", "max_tokens": 50, "messages": messages});
    for answer in join_all((0..count).map(|_| node.post("/v1/chat/completions", &body).send())).await {
        answer.json(200);
    }
}

/// When the vendor took each work after the first so many, the oldest first.
fn taken_after(simulator: &Simulator, count: usize) -> Vec<SystemTime> {
    let mut taken: Vec<_> = simulator.paid_tasks().iter().skip(count).map(|task| task.accepted_at).collect();
    taken.sort_unstable();
    taken
}

/// Asks for pictures and follows each to its end, which must be a good one.
async fn make_pictures(caller: &Api, count: usize) {
    let jobs: Vec<Value> = join_all((0..count).map(|number| async move {
        let input = json!({"prompt": format!("a red fox, number {number}")});
        caller.submitted(&json!({"model": "stable-image-core", "input": input})).await
    }))
    .await;
    for job in join_all(jobs.iter().map(|job| ended(caller, job))).await {
        assert_eq!(job["state"], "succeeded", "{job}");
    }
}

/// No span has more than allowed.
fn check_spans(taken: &[SystemTime]) {
    for span in taken.windows(CALLS + 1) {
        let length = span[CALLS].duration_since(span[0]).unwrap();
        assert!(length + JITTER >= PER, "{} calls within {length:?}", span.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaled_out_workers_keep_a_vendors_limit_together() {
    const PICTURES: usize = 20;
    let (simulator, cluster) = world(Vendor::Stability);
    let api = cluster.start(Role::Api).await;
    let workers = [cluster.start(Role::Worker).await, cluster.start(Role::Worker).await];
    let caller = api.admin.user("u1");
    api.admin.grant("u1", "100000").await;

    make_pictures(&caller, PICTURES).await;
    assert_eq!(simulator.paid_tasks().len(), PICTURES);
    check_spans(&taken_after(&simulator, 0));
    for worker in &workers {
        let metrics = worker.admin.get("/metrics").send().await.text();
        let asked = metrics.lines().any(|line| {
            line.starts_with("fourfold_vendor_requests_total") && line.contains("provider=\"stability\"")
        });
        assert!(asked, "one worker made everything:\n{metrics}");
    }
    assert_eq!(read_books(&cluster.home, &caller).await.jobs.len(), PICTURES);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaled_out_nodes_keep_to_their_shares_while_redis_is_gone() {
    let (simulator, cluster) = world(Vendor::OpenAi);
    let nodes = [cluster.start(Role::Api).await, cluster.start(Role::Api).await];
    let callers = [nodes[0].admin.user("u1"), nodes[1].admin.user("u1")];
    nodes[0].admin.grant("u1", "100000").await;
    for (node, caller) in nodes.iter().zip(&callers) {
        eventually("it knows of the other", WITHIN, async || {
            let metrics = node.admin.get("/metrics").send().await.text();
            metrics.lines().any(|line| line == "fourfold_instances_live 2").then_some(())
        })
        .await;
        chat(caller, 1).await;
    }

    cluster.redis.lock().unwrap().kill().unwrap();
    for node in &nodes {
        eventually("readiness says so", WITHIN, async || {
            let ready = node.admin.get("/health/ready").send().await;
            assert_eq!(ready.status, 200, "it still works");
            ready.text().contains("each process keeps to its share").then_some(())
        })
        .await;
    }
    join_all(callers.iter().map(|caller| chat(caller, 5))).await;
    let taken = taken_after(&simulator, 2);
    assert_eq!(taken.len(), 10);
    check_spans(&taken);

    cluster.redis.lock().unwrap().start_again().unwrap();
    eventually("one of them has the whole limit again", WITHIN, async || {
        let before = simulator.paid_tasks().len();
        chat(&callers[0], CALLS * 3).await;
        let taken = taken_after(&simulator, before);
        // By its share, two in a span, it would take seven spans.
        (taken[CALLS * 3 - 1].duration_since(taken[0]).unwrap() < PER * 4).then_some(())
    })
    .await;
}

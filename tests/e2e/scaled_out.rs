//! Many processes over one Postgres, one Redis and one bucket.

use std::time::Duration;

use fourfold_servers::{Postgres, Redis};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Api, Cluster, Home, Role, ended, eventually, fast, is_final, reached, read_books, slow, within,
};

/// How long the end of what was begun is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Leases and sweeps so short that a test can wait for them.
fn quick() -> Cluster {
    Cluster::new().with("FOURFOLD__JOBS__SWEEP", "200ms").with("FOURFOLD__INSTANCES__BEAT", "200ms")
}

#[tokio::test]
async fn scaled_out_a_job_taken_by_one_process_is_made_by_another() {
    let cluster = Cluster::new();
    let api = cluster.start(Role::Api).await;
    let caller = api.admin.user("u1");
    api.admin.grant("u1", "10").await;
    let waiting = caller.submitted(&fast("nobody works yet")).await;
    assert_eq!(waiting["state"], "queued");

    let worker = cluster.start(Role::Worker).await;
    assert_eq!(ended(&caller, &waiting).await["state"], "succeeded");
    let books = read_books(&cluster.home, &caller).await;
    assert_eq!(books.jobs.len(), 1);

    // It tells how it is, and nothing else.
    assert_eq!(worker.admin.get("/health/ready").send().await.status, 200);
    assert_eq!(worker.admin.get("/metrics").send().await.status, 200);
    assert_eq!(worker.admin.user("u1").get("/api/v1/credits").send().await.status, 404);
    worker.stop().await;
    api.stop().await;
}

#[tokio::test]
async fn scaled_out_events_skip_no_state_from_node_to_node() {
    let cluster = Cluster::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "1s");
    let (first, second) = (cluster.start(Role::Api).await, cluster.start(Role::Api).await);
    let _worker = cluster.start(Role::Worker).await;
    first.admin.grant("u1", "10").await;
    let job = first.admin.user("u1").submitted(&slow("a fox on its way")).await;
    let path = format!("/api/v1/jobs/{}/events", job["id"].as_str().unwrap());

    let mut versions = Vec::new();
    let listen = async |node: &Api, versions: &mut Vec<u64>, until: &str| {
        let after = versions.last().copied().unwrap_or_default().to_string();
        let mut events = node.user("u1").get(&path).header("last-event-id", &after).events().await;
        while let Some(event) = within(events.next()).await {
            let event = event.unwrap();
            if let Some(id) = event.id() {
                versions.push(id.parse().unwrap());
            }
            if event.name() == until {
                return;
            }
        }
    };
    listen(&first.admin, &mut versions, "job.running").await;
    assert!(versions.len() < 5, "{versions:?}");
    first.kill().await;
    listen(&second.admin, &mut versions, "job.succeeded").await;
    assert_eq!(versions, (1..=5).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaled_out_the_last_credits_are_spent_once_over_two_nodes() {
    const CALLERS: usize = 200;
    const PAID: usize = 100;
    let cluster = Cluster::new();
    let nodes = [cluster.start(Role::Api).await, cluster.start(Role::Api).await];
    nodes[0].admin.grant("u1", "4.02").await;

    // Nobody works, so nothing is given back meanwhile.
    let callers = (0..CALLERS).map(|number| {
        let caller = nodes[number % 2].admin.user("u1");
        async move { caller.submit(&fast(&format!("picture {number}"))).await.status }
    });
    let answers = join_all(callers).await;
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!((count(202), count(402)), (PAID, CALLERS - PAID));
    let balance = nodes[1].admin.user("u1").read("/api/v1/credits").await;
    assert_eq!((&balance["available"], &balance["held"]), (&"0.02".into(), &"4".into()));

    let _worker = cluster.start(Role::Worker).await;
    let books = read_books(&cluster.home, &nodes[0].admin.user("u1")).await;
    assert_eq!((books.jobs.len(), books.available.to_string().as_str()), (PAID, "0.02"));
}

#[tokio::test]
async fn scaled_out_jobs_go_on_while_redis_is_gone() {
    let cluster = quick();
    let api = cluster.start(Role::Api).await;
    let worker = cluster.start(Role::Worker).await;
    let caller = api.admin.user("u1");
    api.admin.grant("u1", "10").await;

    cluster.redis.lock().unwrap().kill().unwrap();
    eventually("readiness says what is missing", Duration::from_secs(20), async || {
        let ready = api.admin.get("/health/ready").send().await;
        ready.text().contains("queue").then_some(())
    })
    .await;
    assert_eq!(api.admin.get("/health/ready").send().await.status, 200, "it still takes jobs");
    for job in [caller.submitted(&fast("without")).await, caller.submitted(&slow("a queue")).await] {
        assert_eq!(ended(&caller, &job).await["state"], "succeeded");
    }

    cluster.redis.lock().unwrap().start_again().unwrap();
    eventually("readiness is whole again", Duration::from_secs(20), async || {
        (!api.admin.get("/health/ready").send().await.text().contains("queue")).then_some(())
    })
    .await;
    cluster.redis.lock().unwrap().flush().unwrap();
    let job = caller.submitted(&slow("after a flush")).await;
    assert_eq!(ended(&caller, &job).await["state"], "succeeded");
    worker.stop().await;
    assert_eq!(read_books(&cluster.home, &caller).await.jobs.len(), 3);
}

#[tokio::test]
async fn scaled_out_results_wait_while_the_bucket_refuses() {
    let cluster = quick();
    let node = cluster.start(Role::All).await;
    let caller = node.admin.user("u1");
    node.admin.grant("u1", "10").await;

    cluster.s3.refuse(true).unwrap();
    let jobs = [caller.submitted(&fast("at once")).await, caller.submitted(&slow("as a task")).await];
    reached(&caller, &jobs[1], 0, "job.storing").await;
    let before = caller.read(&format!("/api/v1/jobs/{}", jobs[1]["id"].as_str().unwrap())).await;
    assert!(!is_final(&before), "{before}");
    cluster.s3.refuse(false).unwrap();
    for job in &jobs {
        assert_eq!(ended(&caller, job).await["state"], "succeeded");
    }
    assert_eq!(read_books(&cluster.home, &caller).await.jobs.len(), 2);
}

#[tokio::test]
async fn scaled_out_nothing_is_promised_while_the_database_is_gone() {
    let cluster = quick()
        .with("FOURFOLD__DATABASE__PATIENCE", "200ms")
        .with("FOURFOLD__JOBS__LEASE", "15s")
        .with("FOURFOLD__JOBS__RENEW", "5s");
    let node = cluster.start(Role::All).await;
    let caller = node.admin.user("u1");
    node.admin.grant("u1", "10").await;
    let job = caller.submitted(&slow("under way")).await;
    // Before that nobody could know whether its vendor took it.
    reached(&caller, &job, 0, "job.running").await;

    cluster.postgres.kill().unwrap();
    let refused = caller.submit(&fast("nobody can take it")).await;
    assert_eq!(refused.json(503)["error"]["code"], "unavailable");
    assert_eq!((refused.header("x-should-retry"), refused.header("retry-after")), ("true", "1"));
    assert_eq!(node.admin.get("/health/ready").send().await.status, 503);
    assert_eq!(node.admin.get("/health/live").send().await.status, 200);
    cluster.postgres.start_again().unwrap();
    assert_eq!(ended(&caller, &job).await["state"], "succeeded");
    assert_eq!(read_books(&cluster.home, &caller).await.jobs.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scaled_out_a_chat_whose_charge_cannot_be_written_says_when_to_look_again_and_is_given_back() {
    let cluster = quick()
        .with("FOURFOLD__DATABASE__PATIENCE", "200ms")
        .with("FOURFOLD__CALLS__SETTLE_PATIENCE", "200ms")
        .with("FOURFOLD__PROVIDERS__MOCK__DELAY", "2s");
    let node = cluster.start(Role::All).await;
    let caller = node.admin.user("u1");
    node.admin.grant("u1", "10").await;
    let chat =
        json!({"model": "mock-chat-slow", "messages": [{"role": "user", "content": "Where do foxes live?"}]});
    let under_way = async {
        eventually("the hold", PATIENCE, async || {
            (caller.read("/api/v1/credits").await["held"] != "0").then_some(())
        })
        .await;
        cluster.postgres.kill().unwrap();
    };
    let chat = caller.post("/v1/chat/completions", &chat);
    let (answer, ()) = tokio::join!(chat.send(), under_way);
    assert_eq!(answer.json(503)["error"]["code"], "unavailable");
    assert_eq!((answer.header("x-should-retry"), answer.header("retry-after")), ("false", "1"));
    cluster.postgres.start_again().unwrap();
    eventually("the end of the call", PATIENCE, async || {
        let balance = caller.get("/api/v1/credits").send().await;
        (balance.status == 200 && balance.json(200)["available"] == "10").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_part_of_its_own_is_refused_where_everything_is_embedded() {
    for role in ["worker", "api"] {
        let ran = Home::new().command(&["serve", "--role", role]).await;
        let said = ran.complaint();
        assert!(said.contains("database.url") && said.contains("redis.url"), "{said}");
    }
}

#[tokio::test]
async fn scaled_out_a_part_whose_results_only_it_could_read_is_refused() {
    let (postgres, redis) = (Postgres::start(Postgres::FAST).unwrap(), Redis::start().unwrap());
    let home = Home::new()
        .with("DATABASE_URL", postgres.create_database().unwrap())
        .with("REDIS_URL", redis.url())
        .with("FOURFOLD__SECURITY__SECRET_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    for role in ["worker", "api"] {
        let ran = home.command(&["serve", "--role", role]).await;
        let said = ran.complaint();
        assert!(said.contains("artifacts.s3.bucket") && said.contains("artifacts.folder"), "{said}");
    }
}

#[tokio::test]
async fn scaled_out_without_a_secret_of_ones_own_is_refused() {
    let cluster = Cluster::new();
    let home = cluster.home.without("FOURFOLD__SECURITY__SECRET_KEY");
    let said = home.refusal().await;
    assert!(said.contains("security.secret_key"), "{said}");
}

#[tokio::test]
async fn scaled_out_work_under_way_moves_to_another_process_when_one_stops() {
    let cluster = Cluster::new().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "2s");
    let api = cluster.start(Role::Api).await;
    let first = cluster.start(Role::Worker).await;
    let caller = api.admin.user("u1");
    api.admin.grant("u1", "10").await;
    let job = caller.submitted(&slow("handed over")).await;
    reached(&caller, &job, 0, "job.running").await;
    first.stop().await;
    let _second = cluster.start(Role::Worker).await;
    let job: Value = ended(&caller, &job).await;
    assert_eq!((&job["state"], job["attempts"].as_array().unwrap().len()), (&"succeeded".into(), 1));
}

#[tokio::test]
async fn scaled_out_another_process_sweeps_once_the_one_that_did_is_killed() {
    let cluster = quick().with("FOURFOLD__PROVIDERS__MOCK__DELAY", "2s");
    let sweeping =
        || cluster.postgres.sql("test0", "SELECT instance FROM duty WHERE name = 'sweep'").unwrap();
    let api = cluster.start(Role::Api).await;
    let caller = api.admin.user("u1");
    api.admin.grant("u1", "10").await;
    let first = cluster.start(Role::Worker).await;
    let earlier = eventually("the first sweeps", Duration::from_secs(20), async || {
        Some(sweeping()).filter(|instance| !instance.trim().is_empty())
    })
    .await;
    let _second = cluster.start(Role::Worker).await;
    let running = caller.submitted(&slow("under way")).await;
    reached(&caller, &running, 0, "job.running").await;
    assert_eq!(sweeping(), earlier, "one sweeps as long as it lives");

    // Without a queue, only who sweeps finds what is due.
    cluster.redis.lock().unwrap().kill().unwrap();
    first.kill().await;
    let waiting = caller.submitted(&fast("nobody was told of it")).await;
    // Its lease is three sweeps, of a fifth of a second each.
    eventually("another sweeps", Duration::from_secs(5), async || (sweeping() != earlier).then_some(()))
        .await;
    for job in [&waiting, &running] {
        let job = ended(&caller, job).await;
        assert_eq!((&job["state"], job["attempts"].as_array().unwrap().len()), (&"succeeded".into(), 1));
    }
    assert_eq!(read_books(&cluster.home, &caller).await.jobs.len(), 2);
}

//! Webhooks of the built binary, received on loopback.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Api, Home, Receiver, Reply, cancel, ended, eventually, fast, read_books, slow};

const DELIVERIES: &str = "/api/v1/webhooks/deliveries";

/// How long a delivery may take that is due.
const LIMIT: Duration = Duration::from_secs(30);

/// A home whose webhooks may go to loopback and are tried again soon.
fn home() -> Home {
    Home::new()
        .with("FOURFOLD__WEBHOOKS__ALLOW_PRIVATE_URLS", "true")
        .with("FOURFOLD__WEBHOOKS__SCHEDULE", "50ms, 50ms")
}

async fn make_secret(caller: &Api) -> Value {
    caller.post("/api/v1/webhooks/secrets", &json!({})).send().await.json(201)
}

fn told(mut body: Value, url: &str) -> Value {
    body["webhook_url"] = json!(url);
    body
}

/// An account's deliveries, once so many have ended.
async fn ended_deliveries(caller: &Api, count: usize) -> Vec<Value> {
    eventually("the deliveries end", LIMIT, async || {
        let all = caller.read_all(DELIVERIES).await;
        let has_ended = all.len() >= count && all.iter().all(|delivery| delivery["state"] != "pending");
        has_ended.then_some(all)
    })
    .await
}

#[tokio::test]
async fn every_change_is_told_once_and_signed_with_every_secret() {
    let (home, receiver) = (home(), Receiver::start().await);
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    let (old, new) = (make_secret(&caller).await, make_secret(&caller).await);
    let text = |secret: &Value| secret["secret"].as_str().unwrap().to_owned();

    let job = caller.submitted(&told(slow("a fox"), &receiver.url())).await;
    let job = ended(&caller, &job).await;
    let mut messages = receiver.got(4).await;
    messages.sort_by_key(|message| message.json()["sequence"].as_u64());
    let told_of: Vec<_> = messages.iter().map(|message| message.json()["type"].clone()).collect();
    assert_eq!(told_of, ["job.starting", "job.running", "job.storing", "job.succeeded"]);
    for message in &messages {
        assert!(message.is_signed_with(&text(&old)) && message.is_signed_with(&text(&new)), "{message:?}");
        assert_eq!(message.header("content-type"), "application/json");
        assert!(message.header("user-agent").starts_with("fourfold/"), "{message:?}");
        let data = message.json()["data"].clone();
        assert_eq!((&data["id"], data.get("input")), (&job["id"], None));
    }
    let last = messages[3].json();
    assert_eq!(last["data"]["artifacts"][0]["sha256"], job["artifacts"][0]["sha256"]);
    let url = last["data"]["artifacts"][0]["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(server.admin.base()).expect("links lead to this server");
    assert_eq!(caller.nobody().get(path).send().await.status, 200);

    let deliveries = ended_deliveries(&caller, 4).await;
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "delivered"), "{deliveries:?}");
    let ids: BTreeSet<_> = deliveries.iter().map(|delivery| delivery["id"].as_str().unwrap()).collect();
    assert_eq!(ids, messages.iter().map(|message| message.id()).collect());

    // The old secret signs nothing any more.
    let revoke = format!("/api/v1/webhooks/secrets/{}", old["id"].as_str().unwrap());
    assert_eq!(caller.ask("DELETE", &revoke).send().await.status, 204);
    caller.submitted(&told(fast("a fox"), &receiver.url())).await;
    for message in &receiver.got(7).await[4..] {
        assert!(!message.is_signed_with(&text(&old)) && message.is_signed_with(&text(&new)), "{message:?}");
    }
    read_books(&home, &caller).await;
}

#[tokio::test]
async fn what_is_refused_is_tried_again_with_its_id_and_shown() {
    let (home, receiver) = (home(), Receiver::start().await);
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let (caller, stranger) = (server.admin.user("u1"), server.admin.user("u2"));
    make_secret(&caller).await;
    receiver.answers(&[Reply::Status(500)], Reply::Status(200));
    // Called off before it begins, a job has one event.
    let job = caller.submitted(&told(slow("a fox"), &receiver.url())).await;
    cancel(&caller, &job).await;
    ended(&caller, &job).await;
    let deliveries = ended_deliveries(&caller, 1).await;
    let tried = deliveries.iter().find(|delivery| delivery["tries"][0]["status"] == 500).unwrap();
    assert_eq!(
        (&tried["state"], &tried["tries"][1]["status"]),
        (&json!("delivered"), &json!(200)),
        "{tried}"
    );
    assert!(tried["tries"][0]["error"].as_str().unwrap().contains("500"), "{tried}");
    let ids: Vec<_> = receiver.received().iter().map(|message| message.id().to_owned()).collect();
    assert_eq!(ids.iter().filter(|id| **id == tried["id"]).count(), 2, "{ids:?}");

    // Another account sees none of it; its own may be sent once more.
    assert_eq!(stranger.read_all(DELIVERIES).await, Vec::<Value>::new());
    let again = format!("{DELIVERIES}/{}/redeliver", tried["id"].as_str().unwrap());
    stranger.ask("POST", &again).send().await.refuses(404, "not_found");
    caller.ask("POST", &again).send().await.json(202);
    let messages = receiver.got(ids.len() + 1).await;
    assert_eq!(messages.last().unwrap().id(), tried["id"]);

    // When the schedule has come to its end, the delivery has failed.
    ended_deliveries(&caller, 1).await;
    receiver.answers(&[], Reply::Status(302));
    caller.ask("POST", &again).send().await.json(202);
    let deliveries = ended_deliveries(&caller, 1).await;
    let failed = deliveries.iter().find(|delivery| delivery["id"] == tried["id"]).unwrap();
    let tries = failed["tries"].as_array().unwrap();
    let statuses: Vec<_> = tries.iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(failed["state"], "failed", "{failed}");
    assert_eq!(statuses, [500, 200, 200, 302, 302, 302]);
}

#[tokio::test]
async fn a_receiver_who_is_gone_gets_nothing_more_until_it_is_asked_for() {
    let (home, receiver) = (home(), Receiver::start().await);
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    make_secret(&caller).await;
    receiver.answers(&[], Reply::Status(410));
    let job = caller.submitted(&told(fast("a fox"), &receiver.url())).await;
    ended(&caller, &job).await;
    let deliveries = ended_deliveries(&caller, 3).await;
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "gone"), "{deliveries:?}");

    let before = receiver.received().len();
    let job = caller.submitted(&told(fast("another"), &receiver.url())).await;
    ended(&caller, &job).await;
    let deliveries = ended_deliveries(&caller, 6).await;
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "gone"), "{deliveries:?}");
    assert_eq!(receiver.received().len(), before);

    receiver.answers(&[], Reply::Status(200));
    let again = format!("{DELIVERIES}/{}/redeliver", deliveries[0]["id"].as_str().unwrap());
    caller.ask("POST", &again).send().await.json(202);
    receiver.got(before + 1).await;
    let job = caller.submitted(&told(fast("a third"), &receiver.url())).await;
    ended(&caller, &job).await;
    receiver.got(before + 4).await;
    read_books(&home, &caller).await;
}

#[tokio::test]
async fn a_private_address_is_refused_unless_the_operator_allows_it() {
    let receiver = Receiver::start().await;
    let home = Home::new();
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    make_secret(&caller).await;
    let plain = caller.submit(&told(fast("a fox"), &receiver.url())).await;
    assert_eq!(plain.refuses(422, "invalid_parameter")["param"], "webhook_url");
    let literal = caller.submit(&told(fast("a fox"), &format!("https://{}/hook", receiver.address()))).await;
    assert_eq!(literal.refuses(422, "invalid_parameter")["param"], "webhook_url");
    // Where a name leads is told when it is resolved.
    let url = format!("https://localhost:{}/hook", receiver.address().port());
    let job = caller.submitted(&told(fast("a fox"), &url)).await;
    ended(&caller, &job).await;
    for delivery in ended_deliveries(&caller, 3).await {
        assert_eq!((&delivery["state"], &delivery["tries"][0]["status"]), (&json!("failed"), &Value::Null));
        let error = delivery["tries"][0]["error"].as_str().unwrap();
        assert!(error.contains("public internet") && !error.contains("127.0.0.1"), "{error}");
    }
    assert!(receiver.received().is_empty());
    read_books(&home, &caller).await;
}

#[tokio::test]
async fn a_slow_receiver_keeps_nobody_else_waiting() {
    let home = home().with("FOURFOLD__WEBHOOKS__TIMEOUT", "2m");
    let (silent, quick) = (Receiver::start().await, Receiver::start().await);
    let server = home.start().await;
    server.admin.grant("u1", "10").await;
    let caller = server.admin.user("u1");
    make_secret(&caller).await;
    silent.answers(&[], Reply::Never);
    for _ in 0..5 {
        let job = caller.submitted(&told(fast("a fox"), &silent.url())).await;
        ended(&caller, &job).await;
    }
    silent.got(4).await;
    let job = caller.submitted(&told(fast("a fox"), &quick.url())).await;
    ended(&caller, &job).await;
    quick.got(3).await;
    assert_eq!(silent.received().len(), 4, "more than four are on their way to one endpoint");
}

#[cfg(feature = "failpoints")]
#[tokio::test]
async fn a_death_between_sending_and_marking_sends_again_with_the_same_id() {
    dies_between_sending_and_marking(&home()).await;
}

#[cfg(feature = "failpoints")]
#[tokio::test]
async fn scaled_out_a_death_between_sending_and_marking_sends_again_with_the_same_id() {
    dies_between_sending_and_marking(&crate::crashes::scaled_out().home).await;
}

#[cfg(feature = "failpoints")]
async fn dies_between_sending_and_marking(home: &Home) {
    use rustix::process::Signal;

    let receiver = Receiver::start().await;
    {
        let server = home.start().await;
        server.admin.grant("u1", "10").await;
        make_secret(&server.admin.user("u1")).await;
    }
    for death in 1..=20 {
        let server = home.try_start(&[("FOURFOLD_FAILPOINT", "after_webhook_send")]).await;
        // What is left of an earlier life may end this one before it listens.
        match server {
            Err(ran) => ran.died_by(Signal::ABORT),
            Ok(server) => {
                let body = told(fast(&format!("fox {death}")), &receiver.url());
                drop(server.admin.user("u1").post("/api/v1/jobs", &body).try_send().await);
                server.ended().await.died_by(Signal::ABORT);
            }
        }
    }
    let server = home.start().await;
    let caller = server.admin.user("u1");
    let books = read_books(home, &caller).await;
    let deliveries = ended_deliveries(&caller, books.jobs.len()).await;
    assert!(deliveries.iter().all(|delivery| delivery["state"] == "delivered"), "{deliveries:?}");
    let messages = receiver.received();
    let sent: BTreeSet<_> = messages.iter().map(|message| message.id().to_owned()).collect();
    let expected: BTreeSet<_> =
        deliveries.iter().map(|delivery| delivery["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sent, expected, "each event came, and under one id");
    assert!(messages.len() >= sent.len() + 20, "each death left one to be sent again");
}

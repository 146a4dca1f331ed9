//! Conversations: what was acknowledged is in the history, whenever the server dies.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{Api, Cluster, Home, Random, Role, Server, eventually, is_clean, run, within};

/// How many conversations there are, of how many messages, and how many users have them.
const CONVERSATIONS: u64 = 200;
const MESSAGES: usize = 20;
const USERS: u64 = 20;

/// How long a server lives at most once it listens.
const LIFE_MS_MAX: u64 = 1500;

const WITHIN: Duration = Duration::from_secs(30);

const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// What was said in a conversation, the oldest first, as `role: content`.
async fn history(caller: &Api, conversation: &str) -> Vec<String> {
    let history = caller.read(&format!("/api/chat/{conversation}/history?limit=100")).await;
    assert_eq!(history["next_cursor"], Value::Null);
    let said = |message: &Value| {
        format!("{}: {}", message["role"].as_str().unwrap(), message["content"].as_str().unwrap())
    };
    history["data"].as_array().unwrap().iter().map(said).collect()
}

#[tokio::test]
async fn what_was_read_is_in_the_history_of_a_server_that_was_killed_then() {
    let home = Home::new();
    home.start().await.admin.grant("u1", "100").await;
    dies_after_each_answer(&home, async || home.start().await).await;
}

#[tokio::test]
async fn postgres_has_what_was_read_of_a_server_that_was_killed_then() {
    let cluster = Cluster::new()
        .with("FOURFOLD__INSTANCES__BEAT", "300ms")
        .with("FOURFOLD__INSTANCES__LEASE", "1500ms");
    cluster.start(Role::All).await.admin.grant("u1", "100").await;
    dies_after_each_answer(&cluster.home, async || cluster.start(Role::All).await).await;
}

async fn dies_after_each_answer(home: &Home, start: impl AsyncFn() -> Server) {
    let mut expected = Vec::new();
    for (number, is_stream) in [false, true, false, true].into_iter().enumerate() {
        let server = start().await;
        let caller = server.admin.user("u1");
        let words = format!("Where do foxes live, {number}?");
        let body = json!({"message": words, "stream": is_stream});
        let answer = caller.post("/api/chat/c1", &body).send().await;
        server.kill().await.died_by(Signal::KILL);
        let text = if is_stream { streamed(&answer.text()) } else { text(&answer.json(200)["response"]) };
        expected.extend([format!("user: {words}"), format!("assistant: {text}")]);
        let server = start().await;
        assert_eq!(history(&server.admin.user("u1"), "c1").await, expected);
        server.kill().await.died_by(Signal::KILL);
    }
    let _server = start().await;
    is_clean(home).await;
}

#[tokio::test]
async fn a_message_that_a_stop_cuts_off_is_kept_and_answered_by_the_same_request() {
    let home = Home::new()
        .with("FOURFOLD__SERVER__SHUTDOWN_TIMEOUT", "500ms")
        .with("FOURFOLD__PROVIDERS__MOCK__DELAY", "10m");
    let server = home.start().await;
    server.admin.grant("u1", "100").await;
    let body = json!({"message": "Where do foxes live?", "model": "mock-chat-slow"});
    let ask = |caller: &Api| caller.post("/api/chat/c1", &body).header("idempotency-key", "k1");
    let caller = server.admin.user("u1");
    let waiting = run(ask(&caller).try_send());
    eventually("it is asked", WITHIN, async || {
        (caller.read("/api/v1/credits").await["held"] != "0").then_some(())
    })
    .await;
    server.terminate();
    let ran = server.ended().await;
    assert_eq!(ran.code(), Some(0), "{ran:#?}");
    // It may be told, and is promised nothing.
    if let Ok(told) = within(waiting).await.unwrap() {
        assert!(told.status >= 500, "{}", told.text());
    }

    let home = home.with("FOURFOLD__PROVIDERS__MOCK__DELAY", "0s");
    let server = home.start().await;
    let caller = server.admin.user("u1");
    assert_eq!(history(&caller, "c1").await, ["user: Where do foxes live?"]);
    let answer = ask(&caller).send().await.json(200);
    let expected =
        ["user: Where do foxes live?".to_owned(), format!("assistant: {}", text(&answer["response"]))];
    assert_eq!(history(&caller, "c1").await, expected);
    assert_eq!(ask(&caller).send().await.json(200), answer);
    server.stop().await;
    is_clean(&home).await;
}

/// The text of a stream that came to its end.
fn streamed(events: &str) -> String {
    let mut text = String::new();
    let mut is_done = false;
    for event in events.split_terminator("\n\n").filter(|event| !event.starts_with(':')) {
        let (name, data) = event.split_once("\ndata: ").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        match name {
            "event: delta" => text.push_str(data["text"].as_str().unwrap()),
            "event: done" => is_done = true,
            other => panic!("{other}: {data}"),
        }
    }
    assert!(is_done, "{events}");
    text
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn two_nodes_over_postgres_answer_one_conversation_in_turn() {
    let cluster = Cluster::new();
    let nodes = [cluster.start(Role::All).await, cluster.start(Role::All).await];
    nodes[0].admin.grant("u1", "100").await;
    let sends = (0..8).map(|number| {
        let caller = nodes[number % 2].admin.user("u1");
        async move {
            let words = format!("Where do foxes live, {number}?");
            let model = if number % 3 == 0 { "mock-chat-slow" } else { "mock-chat" };
            let body = json!({"message": words, "model": model});
            let answer = caller.post("/api/chat/c1", &body).send().await.json(200);
            (format!("user: {words}"), format!("assistant: {}", text(&answer["response"])))
        }
    });
    let answers: BTreeMap<_, _> = join_all(sends).await.into_iter().collect();
    let said = history(&nodes[1].admin.user("u1"), "c1").await;
    assert_eq!(said.len(), 16);
    for turn in said.chunks(2) {
        assert_eq!(answers[&turn[0]], turn[1], "each answer stands behind its message");
    }
    is_clean(&cluster.home).await;
}

/// Where the server is now; `None` while there is none.
type Now = watch::Receiver<Option<Api>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conversations_killed_by_chance_lose_nothing_that_was_acknowledged() {
    let mut random = Random::from_chance();
    let home = Home::new();
    let server = home.start().await;
    for user in 0..USERS {
        server.admin.grant(&format!("u{user}"), "1000").await;
    }
    server.stop().await;
    let (now, _) = watch::channel(None);
    let users: Vec<_> = (0..USERS).map(|user| run(talk(now.subscribe(), user))).collect();
    let mut kills = 0;
    while !users.iter().all(tokio::task::JoinHandle::is_finished) {
        let server = home.start().await;
        now.send_replace(Some(server.admin.clone()));
        // Not waiting for anything: the moment is the chance.
        tokio::time::sleep(Duration::from_millis(random.below(LIFE_MS_MAX))).await;
        now.send_replace(None);
        server.kill().await.died_by(Signal::KILL);
        kills += 1;
    }
    let server = home.start().await;
    let mut messages = 0;
    for (user, told) in within(join_all(users)).await.into_iter().enumerate() {
        let caller = server.admin.user(&format!("u{user}"));
        for (conversation, acknowledged) in told.unwrap() {
            assert_eq!(acknowledged.len(), 2 * MESSAGES);
            assert_eq!(history(&caller, &conversation).await, acknowledged, "{conversation}");
            messages += acknowledged.len();
        }
        let balance = caller.read("/api/v1/credits").await;
        assert_eq!(balance["held"], "0", "{balance}");
    }
    is_clean(&home).await;
    println!("{kills} kills, {messages} messages");
    assert!(kills >= 5 && messages as u64 == 2 * CONVERSATIONS * MESSAGES as u64, "too little happened");
}

/// What was acknowledged of each of a user's conversations.
type Told = BTreeMap<String, Vec<String>>;

/// Sends all messages of a user's conversations, one after the other, each until it is answered.
async fn talk(mut now: Now, user: u64) -> Told {
    let mut told = Told::new();
    for number in 0..MESSAGES {
        for conversation in (user..CONVERSATIONS).step_by(usize::try_from(USERS).unwrap()) {
            let conversation = format!("c{conversation}");
            let words = format!("{number} in {conversation}?");
            let answer = answer(&mut now, user, &conversation, &words).await;
            let said = told.entry(conversation).or_default();
            said.extend([format!("user: {words}"), format!("assistant: {answer}")]);
        }
    }
    told
}

/// Sends a message until it is answered. One that was cut off with its server was never acknowledged, and is sent anew.
async fn answer(now: &mut Now, user: u64, conversation: &str, words: &str) -> String {
    let mut tries = 0;
    loop {
        let Ok(api) = now.wait_for(Option::is_some).await.map(|api| api.clone()) else { panic!("no server") };
        let api = api.unwrap().user(&format!("u{user}"));
        let ask = api.post(&format!("/api/chat/{conversation}"), &json!({"message": words}));
        let key = format!("{words} {tries}");
        match ask.header("idempotency-key", &key).try_send().await {
            Ok(answer) if answer.status == 200 => return text(&answer.json(200)["response"]),
            Ok(answer) if answer.status == 502 => tries += 1,
            Ok(answer) => {
                assert!([409, 503].contains(&answer.status), "{}", answer.text());
                tokio::time::sleep(AGAIN_AFTER).await;
            }
            Err(_) => tokio::time::sleep(AGAIN_AFTER).await,
        }
    }
}

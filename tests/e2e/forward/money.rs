//! Targets with a price: held, settled and limited like any call, to the micro-credit.

use std::time::Duration;

use fourfold_domain::Credits;
use fourfold_simulator::{Simulator, SimulatorSettings};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::raw::Target;
use super::{chat, openai, server};
use crate::support::{Api, Home, Server, eventually, run, within};

const CHAT: &str = "/forward/paid/v1/chat/completions";

/// In micro-credits, of one token in and out.
const INPUT: u64 = 1_234;
const OUTPUT: u64 = 7_654;
const PICTURE: u64 = 40_001;

const LIMIT: Duration = Duration::from_secs(30);

struct World {
    simulator: Simulator,
    home: Home,
    server: Server,
}

impl World {
    async fn new() -> Self {
        let simulator = Simulator::start(SimulatorSettings::default());
        let url = openai(&simulator);
        Self::with(simulator, &url).await
    }

    /// Whose target is elsewhere.
    async fn to(url: &str) -> Self {
        Self::with(Simulator::start(SimulatorSettings::default()), url).await
    }

    async fn with(simulator: Simulator, url: &str) -> Self {
        let home = Home::new();
        let rate = |unit: &str, micros: u64| format!("{{unit: {unit}, per: 1, credits: \"0.{micros:06}\"}}");
        let rates = [rate("input_token", INPUT), rate("output_token", OUTPUT), rate("image", PICTURE)];
        let targets = format!(
            "    paid: {{base_url: \"{}\", auth: {{key: k}}, access: [admin, service, user], allow: all, retry: {{enabled: false}}, \
             price: {{version: v1, rates: [{}]}}, default_max_output: 100}}\n",
            url,
            rates.join(", ")
        );
        let server = server(&home, &targets).await;
        Self { simulator, home, server }
    }

    async fn user(&self, user: &str, credits: &str) -> Api {
        self.server.admin.grant(user, credits).await;
        self.server.admin.user(user)
    }

    /// What was charged of so much, once nothing is held.
    async fn charged(&self, caller: &Api, granted: &str) -> u64 {
        let left = eventually("nothing is held", LIMIT, async || {
            let balance = caller.read("/api/v1/credits").await;
            (balance["held"] == "0").then(|| micros(&balance["available"]))
        });
        micros(&json!(granted)) - left.await
    }

    async fn kinds(&self, caller: &Api) -> Vec<String> {
        let entries = caller.read_all("/api/v1/credits/entries").await;
        entries.iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
    }

    async fn is_clean(&self) {
        let verified = self.home.command(&["ledger", "verify"]).await.output();
        assert!(verified.ends_with("clean") && verified.contains(" holds (0 open)"), "{verified}");
    }
}

fn micros(credits: &Value) -> u64 {
    let credits: Credits = credits.as_str().unwrap().parse().unwrap();
    credits.micros().unsigned_abs()
}

fn price(usage: &Value) -> u64 {
    let tokens = |name: &str| usage[name].as_u64().unwrap();
    tokens("prompt_tokens") * INPUT + tokens("completion_tokens") * OUTPUT
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_costs_what_its_answer_says_that_it_used() {
    let world = World::new().await;
    let caller = world.user("u1", "10").await;
    let answer = caller.post(CHAT, &chat()).send().await.json(200);
    assert_eq!(world.charged(&caller, "10").await, price(&answer["usage"]));
    assert_eq!(world.kinds(&caller).await, ["settle", "hold", "grant"]);
    eventually("the usage log has it", LIMIT, async || {
        let usage = caller.read("/api/v1/usage?group_by=model").await.to_string();
        usage.contains("forward/paid").then_some(())
    })
    .await;
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_costs_the_usage_that_it_tells_and_is_charged_before_its_end_is_seen() {
    let world = World::new().await;
    let caller = world.user("u1", "10").await;
    let mut body = chat();
    body["stream"] = true.into();
    body["stream_options"] = json!({"include_usage": true});
    let mut coming = caller.post(CHAT, &body).begin().await;
    coming.read_until(|read| read.ends_with(b"data: [DONE]\n\n")).await;
    assert_eq!(world.kinds(&caller).await, ["settle", "hold", "grant"], "who saw the end was charged");
    let text = String::from_utf8(coming.read.clone()).unwrap();
    let usage = text.lines().filter_map(|line| line.strip_prefix("data: {")).next_back().unwrap();
    let usage: Value = serde_json::from_str(&format!("{{{usage}")).unwrap();
    assert_eq!(world.charged(&caller, "10").await, price(&usage["usage"]));
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_says_that_nothing_came_out_costs_what_went_in_and_no_estimate() {
    let target = Target::start().await;
    let world = World::to(&target.url()).await;
    let json = r#"{"choices": [{"message": {"content": ""}}], "usage": {"prompt_tokens": 7, "completion_tokens": 0}}"#;
    let events = format!("data: {{\"choices\": [{{\"delta\": {{}}}}]}}\n\ndata: {json}\n\ndata: [DONE]\n\n");
    for (user, media_type, said) in [("u1", "application/json", json), ("u2", "text/event-stream", &events)] {
        let caller = world.user(user, "10").await;
        let waiting = run(caller.post(CHAT, &chat()).try_send());
        let (mut connection, _head) = target.asked().await;
        let length = said.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n");
        connection.write_all(format!("{head}{said}").as_bytes()).await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap().text(), said);
        assert_eq!(world.charged(&caller, "10").await, 7 * INPUT, "{media_type}");
        let entries = caller.read_all("/api/v1/credits/entries").await;
        assert!(!entries[0].to_string().contains("estimated"), "{media_type}: {}", entries[0]);
    }
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_tells_no_usage_is_charged_by_estimate() {
    let world = World::new().await;
    let caller = world.user("u1", "10").await;
    let mut body = chat();
    body["stream"] = true.into();
    let answer = caller.post(CHAT, &body).send().await;
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    let charged = world.charged(&caller, "10").await;
    assert!(charged > 0, "{charged}");
    let entries = caller.read_all("/api/v1/credits/entries").await;
    assert!(entries[0].to_string().contains("estimated"), "{}", entries[0]);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_cost_what_was_asked_for_and_embeddings_what_went_in() {
    let world = World::new().await;
    let caller = world.user("u1", "10").await;
    let body = json!({"model": "gpt-image-2", "prompt": "a fox", "n": 2, "size": "1024x1024"});
    caller.post("/forward/paid/v1/images/generations", &body).send().await.json(200);
    assert_eq!(world.charged(&caller, "10").await, 2 * PICTURE);
    let other = world.user("u2", "10").await;
    let body = json!({"model": "text-embedding-3-small", "input": "a fox"});
    let answer = other.post("/forward/paid/v1/embeddings", &body).send().await.json(200);
    let tokens = answer["usage"]["prompt_tokens"].as_u64().unwrap();
    assert_eq!(world.charged(&other, "10").await, tokens * INPUT);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_pay_is_refused_and_the_target_is_not_asked() {
    let world = World::new().await;
    let poor = world.user("poor", "0.01").await;
    let before = world.simulator.counts().requests;
    let refused = poor.post(CHAT, &chat()).send().await;
    refused.refuses(402, "insufficient_credits");
    assert_eq!(refused.header("fourfold-error"), "1");
    world.server.admin.post(CHAT, &chat()).send().await.refuses(400, "missing_user");
    for (path, body) in [
        ("/forward/paid/v1/audio/speech", json!({"model": "tts-1", "input": "a", "voice": "alloy"})),
        ("/forward/paid/v1/videos", json!({"model": "sora-2", "prompt": "a fox"})),
        ("/forward/paid/v1/files", json!({})),
    ] {
        let refused = poor.post(path, &body).send().await;
        refused.refuses(422, "unpriced_parameter");
    }
    let socket =
        poor.get("/forward/paid/v1/realtime").header("connection", "upgrade").header("upgrade", "websocket");
    socket.send().await.refuses(422, "unpriced_parameter");
    let unseen = poor.ask("POST", CHAT).bytes("text/plain", chat().to_string().into_bytes()).send().await;
    unseen.refuses(422, "unpriced_parameter");
    assert_eq!(world.simulator.counts().requests, before);
    // Reading costs nothing, whoever pays.
    world.server.admin.read("/forward/paid/v1/models").await;
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_refuses_or_fails_costs_nothing() {
    let world = World::new().await;
    let caller = world.user("u1", "10").await;
    for fault in ["status=429; times=1", "status=500; times=1", "cut=0; times=1"] {
        world.simulator.fault("POST /openai/v1/*", fault).unwrap();
        let status = caller.post(CHAT, &chat()).try_send().await.map(|answer| answer.status);
        assert!(!matches!(status, Ok(200)), "{fault}: {status:?}");
        assert_eq!(world.charged(&caller, "10").await, 0, "{fault}");
    }
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_says_that_it_failed_costs_nothing() {
    let target = Target::start().await;
    let world = World::to(&target.url()).await;
    let caller = world.user("u1", "10").await;
    for (media_type, said) in [
        ("application/json", "{\"error\": {\"message\": \"busy\"}}"),
        ("text/event-stream", "event: error\ndata: {\"type\": \"error\", \"error\": {}}\n\n"),
        ("text/event-stream", "data: {\"error\": {\"message\": \"busy\"}}\n\ndata: [DONE]\n\n"),
    ] {
        let waiting = run(caller.post(CHAT, &chat()).try_send());
        let (mut connection, _head) = target.asked().await;
        let length = said.len();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n");
        connection.write_all(format!("{head}{said}").as_bytes()).await.unwrap();
        assert_eq!(waiting.await.unwrap().unwrap().text(), said);
        assert_eq!(world.charged(&caller, "10").await, 0, "{said}");
    }
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_before_anything_was_sent_pays_nothing() {
    // It is connected to, and never says a word of TLS.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::to(&format!("https://{}", silent.local_addr().unwrap())).await;
    let caller = world.user("u1", "10").await;
    let waiting = run(caller.post(CHAT, &chat()).try_send());
    let connection = within(silent.accept()).await.unwrap();
    waiting.abort();
    assert_eq!(world.charged(&caller, "10").await, 0);
    assert_eq!(world.kinds(&caller).await, ["release", "hold", "grant"]);
    drop(connection);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_more_than_the_price_has_is_refused() {
    let world = World::new().await;
    let caller = world.user("u1", "10").await;
    let before = world.simulator.counts().requests;
    let message = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]});
    let beta = caller
        .post("/forward/paid/v1/messages", &message)
        .header("anthropic-beta", "a, context-1m-2025-08-07");
    beta.send().await.refuses(422, "unpriced_parameter");
    let parts = json!({"model": "gpt-image-2", "prompt": "a fox", "stream": true, "partial_images": 2});
    caller
        .post("/forward/paid/v1/images/generations", &parts)
        .send()
        .await
        .refuses(422, "unpriced_parameter");
    assert_eq!(world.simulator.counts().requests, before);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_pays_for_what_went_in_and_came_out() {
    let world = World::new().await;
    let caller = world.user("u1", "10").await;
    world.simulator.fault("POST /openai/v1/*", "hang=after-body; times=1").unwrap();
    let before = world.simulator.counts().requests;
    let waiting = run(caller.post(CHAT, &chat()).try_send());
    world.simulator.wait_for(|counts| counts.requests > before).await;
    waiting.abort();
    let charged = world.charged(&caller, "10").await;
    assert!(charged > 0 && charged % INPUT == 0, "{charged}");
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_gives_back_what_was_held() {
    let world = World::new().await;
    let caller = world.user("u1", "10").await;
    world.simulator.fault("POST /openai/v1/*", "hang=after-body; times=1").unwrap();
    let before = world.simulator.counts().requests;
    let waiting = run(caller.post(CHAT, &chat()).try_send());
    world.simulator.wait_for(|counts| counts.requests > before).await;
    let World { simulator, home, server } = world;
    server.kill().await;
    waiting.await.unwrap().unwrap_err();
    let server = home.start().await;
    let world = World { simulator, home, server };
    let caller = world.server.admin.user("u1");
    assert_eq!(world.charged(&caller, "10").await, 0);
    assert_eq!(world.kinds(&caller).await, ["interrupted", "hold", "grant"]);
    world.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_pay_each_for_itself() {
    let world = World::new().await;
    let (first, second) = (world.user("u1", "10").await, world.user("u2", "10").await);
    first.post(CHAT, &chat()).send().await.json(200);
    assert!(world.charged(&first, "10").await > 0);
    assert_eq!(world.charged(&second, "10").await, 0);
    assert!(!second.read("/api/v1/usage?group_by=model").await.to_string().contains("forward/paid"));
    world.is_clean().await;
}

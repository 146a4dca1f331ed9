//! What a caller says that nobody knows reaches the vendor byte for byte, and what the vendor says the caller: in any
//! JSON, in any order, with any white space, in whatever pieces it comes. Nothing may differ but what we have to change.

mod answers;
mod json;
mod requests;

use fourfold_domain::Dialect;
use fourfold_simulator::{Answer, Simulator, SimulatorSettings, Vendor};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Runtime;

use self::answers::{Said, plain, stream};
use self::requests::{Asked, asked};
use crate::support::{Api, Home, Server};

/// How many requests and answers of each kind.
const CASES: u32 = 150;

const EVENTS: &str = "text/event-stream; charset=utf-8";

#[test]
fn plain_chats_pass_as_they_are_written() {
    check(Dialect::OpenAiChat, false);
}

#[test]
fn streamed_chats_pass_as_they_are_written() {
    check(Dialect::OpenAiChat, true);
}

#[test]
fn plain_responses_pass_as_they_are_written() {
    check(Dialect::OpenAiResponses, false);
}

#[test]
fn streamed_responses_pass_as_they_are_written() {
    check(Dialect::OpenAiResponses, true);
}

#[test]
fn plain_messages_pass_as_they_are_written() {
    check(Dialect::AnthropicMessages, false);
}

#[test]
fn streamed_messages_pass_as_they_are_written() {
    check(Dialect::AnthropicMessages, true);
}

/// A server that passes on, and a vendor that says what it is told to.
struct World {
    simulator: Simulator,
    caller: Api,
    _server: Server,
    _home: Home,
}

fn check(dialect: Dialect, is_stream: bool) {
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let said = if is_stream { stream(dialect).boxed() } else { plain(dialect).boxed() };
    // A failure is told with what it takes, and isn't kept in a file.
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&(asked(dialect, is_stream), said), |(asked, said)| {
        runtime.block_on(world.pass(dialect, &asked, &said));
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}

impl World {
    async fn new() -> Self {
        let simulator = Simulator::start(SimulatorSettings::default());
        let home = Home::new();
        let configuration = format!(
            "providers:\n  \
               openai: {{api_key: key, base_url: \"{}\"}}\n  \
               anthropic: {{api_key: key, base_url: \"{}\"}}\n\
             models:\n  \
               \"gpt\": {{modality: chat, route: [{{provider: openai, model: {}}}], {PRICE}}}\n  \
               \"claude\": {{modality: chat, route: [{{provider: anthropic, model: {}}}], {PRICE}}}\n",
            simulator.base_url(Vendor::OpenAi),
            simulator.base_url(Vendor::Anthropic),
            vendor_model(Dialect::OpenAiChat),
            vendor_model(Dialect::AnthropicMessages),
        );
        std::fs::write(home.path().join("fourfold.yaml"), configuration).unwrap();
        let server = home.start().await;
        server.admin.grant("u1", "1000").await;
        Self { simulator, caller: server.admin.user("u1"), _server: server, _home: home }
    }

    async fn pass(&self, dialect: Dialect, asked: &Asked, said: &Said) {
        let answer = match asked.is_stream {
            true => Answer::pieces(EVENTS, said.pieces.iter().map(|piece| piece.to_vec())),
            false => Answer::bytes("application/json", said.pieces.concat()),
        };
        self.simulator.script("POST /*", [answer]).unwrap();
        let ask = self.caller.ask("POST", path(dialect)).text(&asked.written(model(dialect)));
        let mut coming = ask.begin().await;
        let is_ended = coming.read_to_end().await;
        let found = String::from_utf8_lossy(&coming.read).into_owned();
        assert!(is_ended && coming.status == 200, "{} {found}", coming.status);

        let received = self.simulator.received().pop().expect("the vendor was asked");
        let received = std::str::from_utf8(&received.body).expect("JSON is UTF-8");
        asked.check(received, vendor_model(dialect));
        let expected = said.to(asked.wants_usage);
        assert!(
            found.as_bytes() == expected,
            "sent {:?}\nfound {found:?}",
            String::from_utf8_lossy(&expected)
        );
    }
}

const PRICE: &str = "price: {version: v1, rates: [{unit: input_token, credits: \"1\"}, {unit: output_token, credits: \"1\"}]}";

fn path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAiChat => "/v1/chat/completions",
        Dialect::OpenAiResponses => "/v1/responses",
        Dialect::OpenAiEmbeddings => "/v1/embeddings",
        Dialect::AnthropicMessages => "/v1/messages",
    }
}

fn model(dialect: Dialect) -> &'static str {
    if dialect == Dialect::AnthropicMessages { "claude" } else { "gpt" }
}

fn vendor_model(dialect: Dialect) -> &'static str {
    if dialect == Dialect::AnthropicMessages { "claude-sonnet-5" } else { "gpt-4.1" }
}

//! The process dies at each of the places that a call passes: who saw the end of an answer was charged for it, and
//! who wasn't charged didn't see it.

use std::collections::BTreeMap;
use std::time::Duration;

use fourfold_service::failpoint::CALL_FAILPOINTS;
use fourfold_simulator::{Simulator, SimulatorSettings, Vendor};
use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::crashes::scaled_out;
use crate::support::{Home, Server, eventually, is_clean};

/// How often the process dies at each place.
const DEATHS: usize = 20;

/// The kinds of calls, each of which is asked for in each life that is to end, and passes the place.
const KINDS: [Kind; 5] = [Kind::Plain, Kind::Streamed, Kind::PassedOn, Kind::Spoken, Kind::Told];

/// How long calls of a process that died may stay open.
const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_call_whose_server_dies_after_its_hold_is_given_back() {
    check(Home::new(), CALL_FAILPOINTS[0], "interrupted").await;
}

#[tokio::test]
async fn scaled_out_a_call_whose_server_dies_after_its_hold_is_given_back() {
    scaled_out_check(CALL_FAILPOINTS[0], "interrupted").await;
}

#[tokio::test]
async fn a_call_whose_server_dies_once_its_vendor_was_asked_is_given_back() {
    check(Home::new(), CALL_FAILPOINTS[1], "interrupted").await;
}

#[tokio::test]
async fn scaled_out_a_call_whose_server_dies_once_its_vendor_was_asked_is_given_back() {
    scaled_out_check(CALL_FAILPOINTS[1], "interrupted").await;
}

#[tokio::test]
async fn a_call_whose_server_dies_before_its_charge_is_given_back() {
    check(Home::new(), CALL_FAILPOINTS[2], "interrupted").await;
}

#[tokio::test]
async fn scaled_out_a_call_whose_server_dies_before_its_charge_is_given_back() {
    scaled_out_check(CALL_FAILPOINTS[2], "interrupted").await;
}

#[tokio::test]
async fn a_call_whose_server_dies_after_its_charge_is_answered_again() {
    check(Home::new(), CALL_FAILPOINTS[3], "settle").await;
}

#[tokio::test]
async fn scaled_out_a_call_whose_server_dies_after_its_charge_is_answered_again() {
    scaled_out_check(CALL_FAILPOINTS[3], "settle").await;
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Plain,
    Streamed,
    /// A stream of the vendor's own bytes.
    PassedOn,
    Spoken,
    /// A message to a conversation.
    Told,
}

impl Kind {
    fn path(self, user: &str) -> String {
        match self {
            Self::Spoken => "/v1/audio/speech".to_owned(),
            Self::Told => format!("/api/chat/of-{user}"),
            _ => "/v1/chat/completions".to_owned(),
        }
    }

    fn body(self, words: &str) -> Value {
        let chat = |model: &str, is_stream: bool| json!({"model": model, "stream": is_stream, "messages": [{"role": "user", "content": words}]});
        match self {
            Self::Plain => chat("mock-chat", false),
            Self::Streamed => chat("mock-chat", true),
            Self::PassedOn => chat("gpt-4.1", true),
            Self::Told => json!({"message": words}),
            Self::Spoken => json!({"model": "tts-1", "voice": "nova", "input": words}),
        }
    }

    /// Whether an answer that ended says that it is whole.
    fn is_whole(self, answer: &[u8]) -> bool {
        match self {
            Self::Plain | Self::Told => serde_json::from_slice::<Value>(answer).is_ok(),
            Self::Streamed | Self::PassedOn => answer.ends_with(b"data: [DONE]\n\n"),
            // It would have broken off.
            Self::Spoken => !answer.is_empty(),
        }
    }

    fn is_the_vendors(self) -> bool {
        matches!(self, Self::PassedOn | Self::Spoken)
    }
}

async fn scaled_out_check(place: &str, way: &str) {
    let cluster = scaled_out();
    check(cluster.home, place, way).await;
}

/// Lets the process die at a place over and over, under calls of each kind; then all must add up, and some calls of each
/// kind must have ended in this way while their server died.
async fn check(home: Home, place: &str, way: &str) {
    assert_eq!(CALL_FAILPOINTS.len(), 4, "each place has its tests");
    let simulator = Simulator::start(SimulatorSettings::default());
    let home = home
        .with("OPENAI_API_KEY", "key-of-the-operator")
        .with("OPENAI_BASE_URL", simulator.base_url(Vendor::OpenAi));
    let mut asked = Asked::default();
    {
        let server = home.start().await;
        for request in (0..DEATHS).flat_map(requests) {
            server.admin.grant(&request.user, "10").await;
        }
    }
    for death in 0..DEATHS {
        let armed = format!("{place}:{}", death % KINDS.len() + 1);
        let server =
            home.try_start(&[("FOURFOLD_FAILPOINT", &armed)]).await.expect("no call is left to pass it");
        asked.ask(&server, death).await;
        server.ended().await.died_by(Signal::ABORT);
        if death % 3 == 2 {
            asked.check(&home.start().await).await;
        }
    }

    let server = home.start().await;
    asked.check(&server).await;
    let mut unseen: BTreeMap<Kind, usize> = BTreeMap::new();
    for Request { kind, user, seen, is_seen_at_once, .. } in &asked.requests {
        let end = read_end(&server, user).await;
        if seen.is_some() {
            assert_eq!(end, "settle", "{kind:?} of {user} was seen to its end");
        }
        if *kind == Kind::Told {
            check_history(&server, user, end == "settle").await;
        }
        if end == way && !is_seen_at_once {
            *unseen.entry(*kind).or_default() += 1;
        }
    }
    is_clean(&home).await;
    println!("{place}: {DEATHS} deaths, {} calls, ended by {way} unseen: {unseen:?}", asked.requests.len());
    assert!(unseen.len() == KINDS.len(), "each kind was cut off: {unseen:?}");
    assert!(unseen.values().sum::<usize>() >= DEATHS, "each death cut one off at least: {unseen:?}");
    let vendors = asked.requests.iter().filter(|request| request.kind.is_the_vendors()).count();
    assert!(simulator.paid_tasks().len() <= vendors, "nothing was paid for twice");
}

/// One call, and what was seen of it.
struct Request {
    kind: Kind,
    /// Who asks for nothing else, so that his entries are the call's.
    user: String,
    body: Value,
    /// The whole answer.
    seen: Option<Vec<u8>>,
    /// Whether who asked first saw it.
    is_seen_at_once: bool,
}

/// What is asked for in a life.
fn requests(life: usize) -> impl Iterator<Item = Request> {
    KINDS.into_iter().map(move |kind| Request {
        kind,
        user: format!("{kind:?}-{life}"),
        body: kind.body(&format!("Where do foxes live in the life {life}?")),
        seen: None,
        is_seen_at_once: false,
    })
}

/// All that was asked for.
#[derive(Default)]
struct Asked {
    requests: Vec<Request>,
}

impl Asked {
    /// Asks for a call of each kind at once; the server dies over them.
    async fn ask(&mut self, server: &Server, life: usize) {
        let asked = requests(life).map(async |request| {
            let Request { kind, user, body, .. } = &request;
            let ask = server.admin.user(user).post(&kind.path(user), body).header("idempotency-key", user);
            let answer = ask.try_send().await.ok().filter(|answer| answer.status == 200);
            let seen = answer.map(|answer| answer.bytes).filter(|bytes| kind.is_whole(bytes));
            Request { is_seen_at_once: seen.is_some(), seen, ..request }
        });
        self.requests.extend(join_all(asked).await);
    }

    /// Asks for all of it again: what was seen whole is the same, and what wasn't is whole or was cut off.
    async fn check(&mut self, server: &Server) {
        for Request { kind, user, body, seen, .. } in &mut self.requests {
            let caller = server.admin.user(user);
            let again = eventually("the call has ended", WITHIN, async || {
                let answer = caller.post(&kind.path(user), body).header("idempotency-key", user).send().await;
                (answer.status != 409).then_some(answer)
            });
            let again = again.await;
            if again.status == 502 {
                assert_eq!(again.json(502)["error"]["code"], "interrupted");
                assert_eq!(*seen, None, "{user} saw it to its end");
                continue;
            }
            assert_eq!(again.status, 200, "{}", again.text());
            assert!(kind.is_whole(&again.bytes), "{}", again.text());
            let first = seen.get_or_insert_with(|| again.bytes.clone());
            assert!(*first == again.bytes, "the same request of {user} has the same answer");
        }
    }
}

/// Message and answer are in the history where the answer was charged, and neither is where it wasn't.
async fn check_history(server: &Server, user: &str, is_charged: bool) {
    let path = format!("{}/history", Kind::Told.path(user));
    let history = server.admin.user(user).get(&path).send().await;
    let roles = match history.status {
        // It died before there was a conversation.
        404 => Vec::new(),
        _ => history.json(200)["data"].as_array().unwrap().iter().map(|said| said["role"].clone()).collect(),
    };
    let expected: &[&str] = if is_charged { &["user", "assistant"] } else { &[] };
    assert_eq!(roles, expected, "{user}");
}

/// How the only call of a user ended: it has one hold and one end, and nothing is held.
async fn read_end(server: &Server, user: &str) -> String {
    let caller = server.admin.user(user);
    let balance = caller.read("/api/v1/credits").await;
    assert_eq!(balance["held"], "0", "{balance}");
    let entries = caller.read_all("/api/v1/credits/entries").await;
    let kinds = entries.iter().filter(|entry| entry["owner"].is_string()).map(|entry| entry["kind"].as_str());
    // A loss is the operator's.
    let kinds: Vec<_> = kinds.flatten().filter(|kind| *kind != "loss").collect();
    let [end, "hold"] = kinds[..] else { panic!("{user} has {kinds:?}") };
    end.to_owned()
}

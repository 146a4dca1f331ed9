//! The process dies at each of the places that a call passes: who saw the end of an answer was charged for it, and
//! who wasn't charged didn't see it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fourfold_service::failpoint::CALL_FAILPOINTS;
use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::crashes::scaled_out;
use crate::support::{Api, Home, Server, eventually};

/// How often the process dies at each place.
const DEATHS: usize = 20;

/// How many chats are asked for in each life that is to end; each passes the place.
const CHATS: usize = 4;

const USER: &str = "u1";
const PATH: &str = "/v1/chat/completions";

/// How long calls of a process that died may stay open.
const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_call_whose_server_dies_after_its_hold_is_given_back() {
    check(&Home::new(), CALL_FAILPOINTS[0], "interrupted").await;
}

#[tokio::test]
async fn scaled_out_a_call_whose_server_dies_after_its_hold_is_given_back() {
    check(&scaled_out().home, CALL_FAILPOINTS[0], "interrupted").await;
}

#[tokio::test]
async fn a_call_whose_server_dies_once_its_vendor_was_asked_is_given_back() {
    check(&Home::new(), CALL_FAILPOINTS[1], "interrupted").await;
}

#[tokio::test]
async fn scaled_out_a_call_whose_server_dies_once_its_vendor_was_asked_is_given_back() {
    check(&scaled_out().home, CALL_FAILPOINTS[1], "interrupted").await;
}

#[tokio::test]
async fn a_call_whose_server_dies_before_its_charge_is_given_back() {
    check(&Home::new(), CALL_FAILPOINTS[2], "interrupted").await;
}

#[tokio::test]
async fn scaled_out_a_call_whose_server_dies_before_its_charge_is_given_back() {
    check(&scaled_out().home, CALL_FAILPOINTS[2], "interrupted").await;
}

#[tokio::test]
async fn a_call_whose_server_dies_after_its_charge_is_answered_again() {
    check(&Home::new(), CALL_FAILPOINTS[3], "settle").await;
}

#[tokio::test]
async fn scaled_out_a_call_whose_server_dies_after_its_charge_is_answered_again() {
    check(&scaled_out().home, CALL_FAILPOINTS[3], "settle").await;
}

/// Lets the process die at a place over and over, under plain and streamed chats; then all must add up, and some calls
/// must have ended in this way while their server died.
async fn check(home: &Home, place: &str, way: &str) {
    assert_eq!(CALL_FAILPOINTS.len(), 4, "each place has its tests");
    home.start().await.admin.grant(USER, "1000").await;
    let mut asked = Asked::default();
    for death in 0..DEATHS {
        let armed = format!("{place}:{}", death % 3 + 1);
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
    let ends = read_ends(home, &server.admin.user(USER)).await;
    for id in &asked.whole {
        assert_eq!(ends.get(id).map(String::as_str), Some("settle"), "{id} was seen to its end");
    }
    let unseen = ends.iter().filter(|(id, end)| *end == way && !asked.seen_at_once.contains(*id)).count();
    println!("{place}: {DEATHS} deaths, {} calls, {unseen} of them ended by {way} unseen", ends.len());
    assert!(unseen >= DEATHS, "each death cut one off at least: {ends:?}");
}

/// What was asked for, by idempotency key, with the whole answer where it was seen.
#[derive(Default)]
struct Asked {
    requests: BTreeMap<String, (Value, Option<String>)>,
    /// The calls whose whole answers were seen, also when they were asked for again.
    whole: BTreeSet<String>,
    /// Those that were seen by who asked first.
    seen_at_once: BTreeSet<String>,
}

impl Asked {
    /// Asks for chats all at once; the server dies over them.
    async fn ask(&mut self, server: &Server, life: usize) {
        let caller = server.admin.user(USER);
        let asked = (0..CHATS).map(async |number| {
            let said = format!("Where do foxes live in the life {life}, asks {number}?");
            let body = json!({"model": "mock-chat", "stream": number % 2 == 0, "messages": [{"role": "user", "content": said}]});
            let key = format!("{life}-{number}");
            let answer = caller.post(PATH, &body).header("idempotency-key", &key).try_send().await;
            let answer = answer.ok().filter(|answer| answer.status == 200).map(|answer| answer.text());
            (key, (body, answer.filter(|text| is_whole(text))))
        });
        for (key, (body, answer)) in join_all(asked).await {
            if let Some(text) = &answer {
                self.whole.insert(call_of(text));
                self.seen_at_once.insert(call_of(text));
            }
            self.requests.insert(key, (body, answer));
        }
    }

    /// Asks for all of it again: what was seen whole is the same, and what wasn't is whole or was cut off.
    async fn check(&mut self, server: &Server) {
        let caller = server.admin.user(USER);
        for (key, (body, seen)) in &mut self.requests {
            let again = eventually("the call has ended", WITHIN, async || {
                let answer = caller.post(PATH, body).header("idempotency-key", key).send().await;
                (answer.status != 409).then_some(answer)
            });
            let again = again.await;
            if again.status == 502 {
                assert_eq!(again.json(502)["error"]["code"], "interrupted");
                assert_eq!(*seen, None, "{key} was seen to its end");
                continue;
            }
            assert_eq!(again.status, 200, "{}", again.text());
            let text = again.text();
            assert!(is_whole(&text), "{text}");
            self.whole.insert(call_of(&text));
            assert_eq!(
                *seen.get_or_insert_with(|| text.clone()),
                text,
                "the same request has the same answer"
            );
        }
    }
}

fn is_whole(text: &str) -> bool {
    text.ends_with("data: [DONE]\n\n") || serde_json::from_str::<Value>(text).is_ok()
}

/// The call's id, as an answer tells it.
fn call_of(text: &str) -> String {
    let id = text.split("chatcmpl-").nth(1).and_then(|rest| rest.split('"').next());
    id.unwrap_or_else(|| panic!("no call in {text}")).to_owned()
}

/// How each call ended, by its id as answers tell it. Each has one hold and one end, nothing is held, and the books are
/// clean.
async fn read_ends(home: &Home, caller: &Api) -> BTreeMap<String, String> {
    let balance = caller.read("/api/v1/credits").await;
    assert_eq!(balance["held"], "0", "{balance}");
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in caller.read_all("/api/v1/credits/entries").await {
        if let Some(call) = entry["owner"].as_str().and_then(|owner| owner.strip_prefix("call:")) {
            let kind = entry["kind"].as_str().unwrap().to_owned();
            kinds.entry(call.replace('-', "")).or_default().push(kind);
        }
    }
    let verified = home.command(&["ledger", "verify"]).await.output();
    assert!(verified.ends_with("clean") && verified.contains(" holds (0 open)"), "{verified}");
    let ends = kinds.into_iter().map(|(call, kinds)| match <[String; 2]>::try_from(kinds) {
        Ok([end, hold]) if hold == "hold" => (call, end),
        other => panic!("{call} has {other:?}"),
    });
    ends.collect()
}

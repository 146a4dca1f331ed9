//! Every way in which a call ends whose vendor speaks its caller's wire.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fourfold_domain::OnDisconnect::{Cancel, Drain};
use fourfold_domain::estimate::Written;
use fourfold_domain::{
    Dialect, Edit, Effect, Modality, ModelSpec, Parameter, ParameterKind, Problem, Provider, ProviderError,
    ProviderKey, Reason, Usage, WireAsked, WireCall, WirePart, WirePiece, WireReply, WireSeen, WireText,
};
use fourfold_service::calls::CallRequest;
use fourfold_service::credits::EntryKind::{Release, Settle};
use fourfold_service::jobs::AttemptState;
use fourfold_service::testing::provider;
use fourfold_service::{PassedOn, ServiceError};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::house::{House, Plain, read, request};

type Piece = Result<WirePiece, ProviderError>;

/// A vendor who speaks OpenAI's chats and Anthropic's messages, and passes on what the test writes.
struct Native {
    key: ProviderKey,
    models: Vec<ModelSpec>,
    pieces: Mutex<Option<mpsc::UnboundedReceiver<Piece>>>,
    received: Mutex<Vec<WireCall>>,
}

impl Native {
    fn new() -> (mpsc::UnboundedSender<Piece>, Arc<Self>) {
        let parameters = vec![
            Parameter::new("messages", ParameterKind::Messages, "what was said").required(),
            Parameter::new("max_tokens", ParameterKind::Integer { min: 1, max: 1000 }, "how much")
                .default(100),
        ];
        let models =
            vec![ModelSpec { vendor_model: "acme-1".to_owned(), modality: Modality::Chat, parameters }];
        let (sender, receiver) = mpsc::unbounded_channel();
        let pieces = Mutex::new(Some(receiver));
        (sender, Arc::new(Self { key: provider("acme"), models, pieces, received: Mutex::default() }))
    }
}

impl Provider for Native {
    fn key(&self) -> &ProviderKey {
        &self.key
    }

    fn models(&self) -> &[ModelSpec] {
        &self.models
    }

    fn wire(&self) -> Option<&dyn WireText> {
        Some(self)
    }
}

#[async_trait]
impl WireText for Native {
    fn speaks(&self, dialect: Dialect) -> bool {
        matches!(dialect, Dialect::OpenAiChat | Dialect::AnthropicMessages)
    }

    async fn send(&self, call: WireCall) -> Result<WireReply, ProviderError> {
        let media_type = if call.stream { "text/event-stream" } else { "application/json" };
        self.received.lock().unwrap().push(call);
        let pieces = self.pieces.lock().unwrap().take().expect("it is asked once");
        let next = async |mut pieces: mpsc::UnboundedReceiver<Piece>| Some((pieces.recv().await?, pieces));
        Ok(WireReply { media_type: media_type.to_owned(), body: Box::pin(stream::unfold(pieces, next)) })
    }
}

/// A piece behind which so many bytes were said, and this was used.
fn piece(text: &'static str, part: WirePart, said: usize, used: Option<(u64, u64)>) -> Piece {
    let mut written = Written::default();
    written.bytes(said, 0);
    let usage =
        used.map(|(input_tokens, output_tokens)| Usage { input_tokens, output_tokens, ..Usage::default() });
    let seen = WireSeen { usage, written, is_filtered: None };
    Ok(WirePiece { bytes: Bytes::from_static(text.as_bytes()), part, seen })
}

fn gone() -> ProviderError {
    ProviderError::new(Reason::Unavailable, Effect::Started, "gone")
}

/// A house whose only vendor is this one.
async fn house(
    on_disconnect: fourfold_domain::OnDisconnect,
) -> (mpsc::UnboundedSender<Piece>, Arc<Native>, House) {
    let (vendor, native) = Native::new();
    let house = House::new(on_disconnect, [native.clone() as Arc<dyn Provider>]).await;
    (vendor, native, house)
}

#[tokio::test(start_paused = true)]
async fn the_vendor_is_sent_the_callers_own_bytes_and_the_caller_the_vendors() {
    let (vendor, native, house) = house(Cancel).await;
    vendor.send(piece("{\"its\": \"own\"}", WirePart::Last, 8, Some((10, 5)))).unwrap();
    assert_eq!(read(house.chat(false).await.unwrap()).await.0, "{\"its\": \"own\"}");
    assert_eq!(house.end().await, (Settle, "0.02".to_owned(), false));
    let received = native.received.lock().unwrap().remove(0);
    assert_eq!((received.vendor_model.as_str(), received.stream), ("acme-1", false));
    assert_eq!(received.body, request(false, None).body);
    assert_eq!((received.edits, received.limit), (Vec::new(), Some(50)), "the model's own limit is sent");
}

#[tokio::test(start_paused = true)]
async fn a_stream_flows_at_once_and_its_last_frame_comes_after_the_settle() {
    let (vendor, native, house) = house(Cancel).await;
    vendor.send(piece("a", WirePart::More, 4, None)).unwrap();
    let mut reply = house.chat(true).await.unwrap();
    assert_eq!(reply.body.next().await.unwrap().unwrap(), "a");
    vendor.send(piece("usage", WirePart::Usage, 4, Some((10, 5)))).unwrap();
    // Longer than the settle is tried.
    house.store.stall_after(0, Duration::from_secs(5), fourfold_service::testing::StallEnding::Taken);
    vendor.send(piece("last", WirePart::Last, 4, Some((10, 5)))).unwrap();
    let early = tokio::time::timeout(Duration::from_secs(4), reply.body.next()).await;
    assert!(early.is_err(), "{early:?}");
    // The usage wasn't asked for.
    assert_eq!(reply.body.next().await.unwrap().unwrap(), "last");
    assert!(reply.body.next().await.is_none());
    assert_eq!(house.end().await, (Settle, "0.02".to_owned(), false));
    let edits = native.received.lock().unwrap().remove(0).edits;
    assert_eq!(edits, [Edit::SetWithin("stream_options", "include_usage", json!(true))]);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_pays_for_the_input_and_what_was_delivered() {
    // What the vendor tells at its beginning counts before our estimate, which is a quarter of the JSON.
    for (told, spent) in [(Some((9, 0)), "0.013"), (None, "0.021")] {
        let (vendor, _native, house) = house(Cancel).await;
        vendor.send(piece("a", WirePart::More, 8, told)).unwrap();
        let mut reply = house.chat(true).await.unwrap();
        reply.body.next().await.unwrap().unwrap();
        drop(reply);
        vendor.closed().await;
        assert_eq!(house.end().await, (Settle, spent.to_owned(), true), "{told:?}");
        assert_eq!(house.call().await.attempts[0].state, AttemptState::Cancelled);
    }
}

#[tokio::test(start_paused = true)]
async fn who_leaves_before_the_first_byte_pays_for_the_input() {
    for is_stream in [false, true] {
        let (vendor, _native, house) = house(Cancel).await;
        let waited = tokio::time::timeout(Duration::from_secs(1), house.chat(is_stream)).await;
        assert!(waited.is_err());
        vendor.closed().await;
        let (kind, _spent, is_estimated) = house.end().await;
        assert_eq!((kind, is_estimated), (Settle, true));
    }
}

#[tokio::test(start_paused = true)]
async fn where_the_catalog_says_drain_the_vendors_own_figure_is_charged() {
    let (vendor, _native, house) = house(Drain).await;
    vendor.send(piece("a", WirePart::More, 4, None)).unwrap();
    drop(house.calls.generate(request(true, Some("k")), Box::new(Plain)).await.unwrap());
    sleep(Duration::from_secs(1)).await;
    vendor.send(piece("b", WirePart::More, 8, None)).unwrap();
    vendor.send(piece("c", WirePart::Last, 8, Some((10, 5)))).unwrap();
    assert_eq!(house.end().await, (Settle, "0.02".to_owned(), false));
    // Who comes back finds all of it.
    assert_eq!(read(house.chat_with(true, Some("k")).await.unwrap()).await.0, "abc");
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_dies_on_the_way_is_paid_for_what_was_delivered() {
    // Nothing was said, or something, or all of it and the usage too.
    for (before, spent, kind) in [
        (vec![], "0", Release),
        (vec![piece("a", WirePart::More, 8, Some((9, 0)))], "0.004", Settle),
        (vec![piece("a", WirePart::More, 8, Some((9, 3)))], "0.006", Settle),
        (vec![piece("a", WirePart::More, 8, Some((9, 1)))], "0.002", Settle),
    ] {
        let (vendor, _native, house) = house(Cancel).await;
        let is_begun = !before.is_empty();
        before.into_iter().for_each(|piece| vendor.send(piece).unwrap());
        vendor.send(Err(gone())).unwrap();
        match house.chat(true).await {
            Ok(reply) => {
                let (text, end) = read(reply).await;
                assert_eq!(text, "a");
                assert!(matches!(end, Err(ServiceError::Vendor { .. })), "{end:?}");
            }
            Err(error) => assert!(!is_begun, "{error:?}"),
        }
        let (found, charged, _) = house.end().await;
        assert_eq!((found, charged.as_str()), (kind, spent));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_vendors_filter_left_nothing_of_is_free() {
    let filtered = |part| {
        let seen = WireSeen { is_filtered: Some(true), ..WireSeen::default() };
        Ok(WirePiece { bytes: Bytes::from_static(b"x"), part, seen })
    };
    // A stream has begun by then, and ends as the vendor ends it; a whole answer is refused instead.
    let (vendor, _native, stream_house) = house(Cancel).await;
    vendor.send(filtered(WirePart::More)).unwrap();
    vendor.send(filtered(WirePart::Last)).unwrap();
    let (text, end) = read(stream_house.chat(true).await.unwrap()).await;
    assert!(text == "xx" && end.is_ok(), "{text} {end:?}");
    assert_eq!(stream_house.end().await.0, Release);
    let (vendor, _native, house) = house(Cancel).await;
    vendor.send(filtered(WirePart::Last)).unwrap();
    let error = house.chat(false).await.unwrap_err();
    assert!(matches!(error, ServiceError::Vendor { reason: Reason::Refused, .. }), "{error:?}");
    assert_eq!(house.end().await.0, Release);
}

#[tokio::test(start_paused = true)]
async fn the_vendors_own_code_is_told_to_who_speaks_its_wire() {
    let (vendor, _native, house) = house(Cancel).await;
    let code = Some("context_length_exceeded".to_owned());
    let refused = ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, "too long");
    vendor.send(Err(ProviderError { vendor_code: code.clone(), ..refused })).unwrap();
    match house.chat(false).await {
        Err(ServiceError::Vendor { passed_on, .. }) => assert_eq!(passed_on, Some(PassedOn { code })),
        other => panic!("{:?}", other.err()),
    }
    assert_eq!(house.end().await.0, Release);
}

#[tokio::test(start_paused = true)]
async fn another_vendor_is_asked_in_our_words_where_nothing_was_begun() {
    use super::house::{Act, Talker};

    let (vendor, native) = Native::new();
    let not_begun = ProviderError::new(Reason::Unavailable, Effect::NotStarted, "busy");
    vendor.send(Err(not_begun)).unwrap();
    let answer = super::endings::said("In dens.", 10, 5);
    let talker = Talker::of("zenith", [Act::Say(Duration::ZERO, answer)]);
    let house = House::new(Cancel, [native as Arc<dyn Provider>, talker]).await;
    let reply = house.chat(false).await.unwrap();
    assert_eq!(reply.provider.as_str(), "zenith");
    assert_eq!(read(reply).await.0, "In dens.");
    assert_eq!(house.end().await, (Settle, "0.02".to_owned(), false));
    assert_eq!(house.call().await.attempts.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_vendor_is_to_cache_is_refused_where_the_price_does_not_say_what_that_costs() {
    let (_vendor, native) = Native::new();
    let house = House::new(Cancel, [native.clone() as Arc<dyn Provider>]).await;
    let marked = json!({"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}});
    let said = json!([{"role": "user", "content": [marked]}]);
    let body = json!({"model": "talk", "max_tokens": 9, "messages": said}).to_string();
    let asked = WireAsked::read(Dialect::AnthropicMessages, body.as_bytes()).unwrap();
    let request = CallRequest { asked, body: body.into(), ..request(false, None) };
    let error = house.calls.generate(request, Box::new(Plain)).await.unwrap_err();
    let ServiceError::Invalid(wrong) = error else { panic!("{error:?}") };
    assert_eq!((wrong.field.as_ref(), wrong.problem), ("cache_control", Problem::Unpriced));
    assert!(native.received.lock().unwrap().is_empty());
}

//! What a meter is told, and what waits for it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fourfold_forward::{
    Effect, Ended, FailedTry, ForwardEnd, ForwardOutcome, ForwardRequest, ForwardRetry, Forwarder, Meter,
    MeterRequest, Refusal, RetryDecision, RetryStrategy, Ticket, Usage,
};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use tokio::sync::watch;

use crate::support::{Reply, Upstream, body_of, builder, soon, until};

/// Writes down what it is told; its work at the end takes as long as the test wants.
struct Notes {
    holds: bool,
    refuses: bool,
    settles: watch::Receiver<bool>,
    seen: Mutex<Vec<Option<String>>>,
    usage: Mutex<Vec<Usage>>,
    ends: Mutex<Vec<(u32, ForwardEnd)>>,
}

#[derive(Debug, thiserror::Error)]
#[error("no credits")]
struct NoCredits;

#[async_trait]
impl Meter for Notes {
    fn body_bytes_max(&self) -> Option<usize> {
        Some(64)
    }

    fn holds_last_bytes(&self) -> bool {
        self.holds
    }

    async fn before_send(&self, request: &MeterRequest<'_>) -> Result<Option<Ticket>, Refusal> {
        assert_eq!((request.target, request.method, request.path), ("vendor", &Method::POST, "/a"));
        assert!(!request.request_id.is_empty() && !request.headers.contains_key("authorization"));
        let body = request.body.map(|body| String::from_utf8(body.to_vec()).unwrap());
        self.seen.lock().unwrap().push(body);
        if self.refuses {
            return Err(Refusal(NoCredits.into()));
        }
        let number = request.extensions.get::<u32>().copied();
        Ok(Some(Ticket::new(number.unwrap_or_default())))
    }

    fn on_usage(&self, ticket: &Ticket, usage: &Usage) {
        assert!(ticket.get::<u32>().is_some());
        self.usage.lock().unwrap().push(*usage);
    }

    fn on_end(&self, ticket: Ticket, end: ForwardEnd) -> Ended {
        self.ends.lock().unwrap().push((ticket.into_inner().unwrap(), end));
        let mut settles = self.settles.clone();
        Box::pin(async move { settles.wait_for(|is_settled| *is_settled).await.is_ok() })
    }
}

struct Metered {
    upstream: Upstream,
    notes: Arc<Notes>,
    settle: watch::Sender<bool>,
}

impl Metered {
    async fn start(holds: bool, refuses: bool, replies: impl IntoIterator<Item = Reply>) -> Self {
        let (settle, settles) = watch::channel(false);
        let notes = Notes {
            holds,
            refuses,
            settles,
            seen: Mutex::default(),
            usage: Mutex::default(),
            ends: Mutex::default(),
        };
        Self { upstream: Upstream::start(replies).await, notes: Arc::new(notes), settle }
    }

    fn forwarder(&self) -> Forwarder {
        builder(&self.upstream.url()).meter(self.notes.clone()).build().unwrap()
    }

    fn only_end(&self) -> ForwardEnd {
        let ends = self.notes.ends.lock().unwrap();
        assert_eq!(ends.len(), 1, "{ends:?}");
        assert_eq!(ends[0].0, 7, "each end has its own ticket");
        ends[0].1.clone()
    }
}

fn request(body: &'static str) -> ForwardRequest {
    let request = ForwardRequest::new(Method::POST, "/a").header("content-type", "application/json");
    request.body(body).extension(7_u32)
}

fn json(body: &str) -> Reply {
    Reply::status(200, &[("Content-Type", "application/json")], body)
}

const USED: &str = r#"{"usage": {"prompt_tokens": 2, "completion_tokens": 3}}"#;

#[tokio::test]
async fn a_refused_request_is_not_sent() {
    let metered = Metered::start(true, true, []).await;
    let error = soon(metered.forwarder().forward(request("{}"))).await.unwrap_err();
    assert_eq!(error.kind(), "refused");
    let refusal = std::error::Error::source(&error).unwrap();
    assert_eq!(refusal.to_string(), "no credits");
    assert_eq!(metered.upstream.connections(), 0);
    assert!(metered.notes.ends.lock().unwrap().is_empty(), "there was no ticket");
}

#[tokio::test]
async fn the_whole_of_a_small_answer_waits_for_the_settle() {
    let metered = Metered::start(true, false, [json(USED)]).await;
    let answer = soon(metered.forwarder().forward(request("{\"n\": 1}"))).await.unwrap();
    let mut body = answer.into_body();
    {
        let mut frame = std::pin::pin!(body.frame());
        tokio::select! {
            biased;
            _ = &mut frame => panic!("it isn't settled"),
            () = until(|| !metered.notes.ends.lock().unwrap().is_empty()) => {}
        }
        metered.settle.send_replace(true);
        assert_eq!(soon(frame).await.unwrap().unwrap().into_data().unwrap(), USED);
    }
    assert!(soon(body.frame()).await.is_none());
    let end = metered.only_end();
    assert_eq!(
        (end.outcome, end.effect, end.status),
        (ForwardOutcome::Answered, Effect::Started, Some(StatusCode::OK))
    );
    assert_eq!(end.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((2, Some(3))));
    assert_eq!((end.received_bytes, metered.notes.usage.lock().unwrap().len()), (USED.len() as u64, 1));
    assert_eq!(*metered.notes.seen.lock().unwrap(), [Some("{\"n\": 1}".to_owned())]);
}

#[tokio::test]
async fn only_the_last_event_of_a_stream_waits_for_the_settle() {
    let (reply, pipe) = Reply::piped("text/event-stream; charset=utf-8");
    let metered = Metered::start(true, false, [reply.then_end()]).await;
    let mut body = soon(metered.forwarder().forward(request("{}"))).await.unwrap().into_body();
    let used = format!("data: {USED}\n\n");
    for event in ["data: {\"choices\": []}\n\n", &used] {
        pipe.send(event);
        assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), event);
    }
    assert_eq!(metered.notes.usage.lock().unwrap().len(), 1);
    pipe.send("data: [DONE]\n\n");
    {
        let mut frame = std::pin::pin!(body.frame());
        tokio::select! {
            biased;
            _ = &mut frame => panic!("it isn't settled"),
            () = until(|| !metered.notes.ends.lock().unwrap().is_empty()) => {}
        }
        metered.settle.send_replace(true);
        assert_eq!(soon(frame).await.unwrap().unwrap().into_data().unwrap(), "data: [DONE]\n\n");
    }
    drop(pipe);
    assert!(soon(body.frame()).await.is_none());
    assert_eq!(metered.only_end().outcome, ForwardOutcome::Answered);
}

#[tokio::test]
async fn the_end_of_a_chunked_answer_waits_for_the_settle() {
    let (reply, pipe) = Reply::piped("application/json");
    let metered = Metered::start(true, false, [reply.then_end()]).await;
    let mut body = soon(metered.forwarder().forward(request("{}"))).await.unwrap().into_body();
    pipe.send(USED);
    assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), USED);
    drop(pipe);
    {
        let mut frame = std::pin::pin!(body.frame());
        tokio::select! {
            biased;
            _ = &mut frame => panic!("it isn't settled"),
            () = until(|| !metered.notes.ends.lock().unwrap().is_empty()) => {}
        }
        metered.settle.send_replace(true);
        assert!(soon(frame).await.is_none());
    }
    assert!(metered.only_end().usage.is_some());
}

#[tokio::test]
async fn nothing_waits_for_a_meter_that_does_not_ask_for_it() {
    let metered = Metered::start(false, false, [json(USED)]).await;
    let answer = soon(metered.forwarder().forward(request("{}"))).await.unwrap();
    assert_eq!(body_of(answer).await, USED);
    assert_eq!(metered.only_end().outcome, ForwardOutcome::Answered);
}

#[tokio::test]
async fn a_caller_that_leaves_ends_it_once() {
    let (reply, pipe) = Reply::piped("text/event-stream");
    let metered = Metered::start(true, false, [reply]).await;
    let mut body = soon(metered.forwarder().forward(request("{}"))).await.unwrap().into_body();
    pipe.send("data: 1\n\n");
    soon(body.frame()).await.unwrap().unwrap();
    drop(body);
    let end = metered.only_end();
    assert_eq!((end.outcome, end.effect, end.received_bytes), (ForwardOutcome::Left, Effect::Started, 9));
}

#[tokio::test]
async fn an_output_that_was_told_early_is_forgotten_where_a_stream_ends_early() {
    let begin = "event: message_start\ndata: {\"message\": {\"usage\": {\"input_tokens\": 9, \"output_tokens\": 1}}}\n\n";
    let (reply, pipe) = Reply::piped("text/event-stream");
    let metered = Metered::start(true, false, [reply]).await;
    let mut body = soon(metered.forwarder().forward(request("{}"))).await.unwrap().into_body();
    let text = "event: content_block_delta\ndata: {}\n\n".repeat(100);
    for piece in [begin, &text] {
        pipe.send(piece);
        let mut left_bytes = piece.len();
        while left_bytes > 0 {
            left_bytes -= soon(body.frame()).await.unwrap().unwrap().into_data().unwrap().len();
        }
    }
    drop(body);
    let end = metered.only_end();
    assert_eq!((end.outcome, end.events), (ForwardOutcome::Left, Some(100)));
    assert_eq!(end.usage.map(|usage| (usage.input_tokens, usage.output_tokens)), Some((9, None)));
}

#[tokio::test]
async fn an_answer_that_says_that_it_failed_is_no_answer() {
    let error = "event: error\ndata: {\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\"}}\n\n";
    for (media_type, said) in [("text/event-stream", error), ("application/json", "{\"error\": {}}")] {
        // Whether it is read to its end or left at once.
        for is_left in [false, true] {
            let (reply, pipe) = Reply::piped(media_type);
            let metered = Metered::start(false, false, [reply.then_end()]).await;
            let mut body = soon(metered.forwarder().forward(request("{}"))).await.unwrap().into_body();
            pipe.send(said);
            assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), said);
            drop(pipe);
            if !is_left {
                assert!(soon(body.frame()).await.is_none(), "its bytes are as they were");
            }
            drop(body);
            let end = metered.only_end();
            assert_eq!((end.outcome, end.status), (ForwardOutcome::Failed, Some(StatusCode::OK)));
            assert_eq!(end.events, (media_type == "text/event-stream").then_some(0));
        }
    }
}

#[tokio::test]
async fn a_caller_that_leaves_before_the_answer_ends_it_too() {
    let (reply, read) = Reply::hang().telling();
    let metered = Metered::start(true, false, [reply]).await;
    let forwarder = metered.forwarder();
    tokio::select! {
        _ = forwarder.forward(request("{}")) => panic!("nothing was answered"),
        read = soon(read) => read.unwrap(),
    }
    let end = metered.only_end();
    assert_eq!((end.outcome, end.effect, end.status), (ForwardOutcome::Left, Effect::MayHaveStarted, None));
}

#[tokio::test]
async fn who_leaves_before_anything_was_written_leaves_nothing_begun() {
    // It is connected to, and never says a word of TLS.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let metered = Metered::start(true, false, []).await;
    let url = format!("https://{}", silent.local_addr().unwrap());
    let forwarder = builder(&url).meter(metered.notes.clone()).build().unwrap();
    let connection = tokio::select! {
        _ = forwarder.forward(request("{}")) => panic!("nobody answered"),
        connection = soon(silent.accept()) => connection.unwrap(),
    };
    let end = metered.only_end();
    assert_eq!((end.outcome, end.effect, end.status), (ForwardOutcome::Left, Effect::NotStarted, None));
    drop(connection);
}

/// Waits for another try until nobody waits any longer.
#[derive(Debug)]
struct Later(watch::Sender<bool>);

impl RetryStrategy for Later {
    fn decide(&self, _: &FailedTry<'_>) -> RetryDecision {
        self.0.send_replace(true);
        RetryDecision::After(Duration::from_secs(60))
    }
}

#[tokio::test]
async fn who_leaves_between_tries_leaves_what_the_tries_have_begun() {
    for (status, effect) in [(429, Effect::NotStarted), (500, Effect::MayHaveStarted)] {
        let metered = Metered::start(true, false, [Reply::status(status, &[], "")]).await;
        let (failed, mut fails) = watch::channel(false);
        let retry = ForwardRetry { unsafe_methods: true, ..ForwardRetry::default() };
        let forwarder = builder(&metered.upstream.url()).retry(retry).retry_strategy(Arc::new(Later(failed)));
        let forwarder = forwarder.meter(metered.notes.clone()).build().unwrap();
        tokio::select! {
            _ = forwarder.forward(request("{}")) => panic!("it waits for another try"),
            failed = soon(fails.wait_for(|failed| *failed)) => assert!(failed.is_ok()),
        }
        let end = metered.only_end();
        assert_eq!((end.outcome, end.effect, end.status), (ForwardOutcome::Left, effect, None), "{status}");
    }
}

#[tokio::test]
async fn a_target_that_fails_ends_it_with_what_may_have_begun() {
    let metered = Metered::start(false, false, [Reply::close()]).await;
    soon(metered.forwarder().forward(request("{}"))).await.unwrap_err();
    let end = metered.only_end();
    assert_eq!((end.outcome, end.effect), (ForwardOutcome::Failed, Effect::MayHaveStarted));

    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    let metered = Metered::start(false, false, [Reply::raw(cut).then_close()]).await;
    let answer = soon(metered.forwarder().forward(request("{}"))).await.unwrap();
    soon(answer.into_body().collect()).await.unwrap_err();
    let end = metered.only_end();
    assert_eq!((end.outcome, end.effect, end.received_bytes), (ForwardOutcome::Failed, Effect::Started, 4));
}

#[tokio::test]
async fn an_empty_answer_waits_too() {
    let metered = Metered::start(true, false, [Reply::ok("")]).await;
    let forwarder = metered.forwarder();
    let mut call = std::pin::pin!(forwarder.forward(request("{}")));
    tokio::select! {
        biased;
        _ = &mut call => panic!("it isn't settled"),
        () = until(|| !metered.notes.ends.lock().unwrap().is_empty()) => {}
    }
    metered.settle.send_replace(true);
    assert_eq!(body_of(soon(call).await.unwrap()).await, "");
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_is_not_shown() {
    let large = "{\"a\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}";
    let metered = Metered::start(false, false, [Reply::ok(""), Reply::ok("")]).await;
    soon(metered.forwarder().forward(request(large))).await.unwrap();
    let text = ForwardRequest::new(Method::POST, "/a").body("{}").extension(7_u32);
    soon(metered.forwarder().forward(text)).await.unwrap();
    assert_eq!(*metered.notes.seen.lock().unwrap(), [None, None]);
    let bodies: Vec<_> = metered.upstream.received().iter().map(|got| got.text().to_owned()).collect();
    assert_eq!(bodies, [large, "{}"]);
}

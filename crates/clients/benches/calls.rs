//! What the policies cost: the CPU of a call and of a stream, paired in one run with the same work done bare.
//!
//! The server runs on a thread of its own; what is measured is the thread of the client alone, by the kernel's own
//! count. Run it with `cargo xtask bench clients`. It fails if a goal is missed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fourfold_clients::http::{
    AuthScheme, BaseHttpClient, Body, CallReport, HttpSettings, RateLimitSettings, Recorder,
};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Request, header};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

const ROUNDS: usize = 50;
const EVENTS: usize = 10_000;
const STREAMS: usize = 40;
const QUESTION: &str =
    r#"{"model":"mock-chat","messages":[{"role":"user","content":"Say something of some length."}]}"#;

fn main() -> ExitCode {
    let calls = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let address = start_server();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let met =
        runtime.block_on(async { [compare_calls(address, calls).await, compare_streams(address).await] });
    ExitCode::from(u8::from(met.contains(&false)))
}

/// Prints what ours costs beside the bare one; whether it is within the goal.
fn compare(name: &str, ours: f64, bare: f64, goal: f64) -> bool {
    let ratio = ours / bare;
    let met = ratio <= goal;
    let says = if met { "meets" } else { "MISSES" };
    println!("{name:12} {ours:6.2} = {ratio:.3} x bare, {says} the goal of at most {goal:.2}");
    met
}

async fn compare_calls(address: SocketAddr, calls: usize) -> bool {
    let (bare, client) = (bare_client(), our_client(address));
    let url = format!("http://{address}/v1/chat");
    let per_round = calls / ROUNDS;
    let mut cpu_ns = [0; 3];
    for round in 0..=ROUNDS {
        let spent_ns = [
            cpu(async {
                for _ in 0..per_round {
                    let answer =
                        bare.post(&url).header(header::CONTENT_TYPE, "application/json").body(QUESTION);
                    let answer =
                        answer.send().await.expect("an answer").error_for_status().expect("a success");
                    assert!(!answer.bytes().await.expect("a body").is_empty());
                }
            })
            .await,
            cpu(async {
                for _ in 0..per_round {
                    let call = client
                        .post("v1/chat")
                        .header(header::CONTENT_TYPE, "application/json")
                        .body(QUESTION);
                    assert!(!call.paid().send().await.expect("an answer").bytes().is_empty());
                }
            })
            .await,
            cpu(async {
                for _ in 0..per_round {
                    let request = Request::post(&url)
                        .header(header::CONTENT_TYPE, "application/json")
                        .header(header::AUTHORIZATION, "Bearer key")
                        .body(Body::from(QUESTION))
                        .expect("a request");
                    let answer = client.exchange(request).await.expect("an answer");
                    assert!(!answer.into_body().collect().await.expect("a body").to_bytes().is_empty());
                }
            })
            .await,
        ];
        // The first round makes the connections and warms the caches.
        if round > 0 {
            cpu_ns.iter_mut().zip(spent_ns).for_each(|(sum, spent)| *sum += spent);
        }
    }
    let [bare, request, exchange] = cpu_ns.map(|ns| ns as f64 / (per_round * ROUNDS) as f64 / 1000.0);
    println!("{} calls, in us of CPU a call", per_round * ROUNDS);
    println!("bare reqwest {bare:6.2}");
    let met = [compare("request", request, bare, 1.15), compare("exchange", exchange, bare, 0.90)];
    !met.contains(&false)
}

async fn compare_streams(address: SocketAddr) -> bool {
    let mut met = true;
    for path in ["slow", "fast"] {
        let (bare, client) = (bare_client(), our_client(address));
        let url = format!("http://{address}/{path}");
        let mut cpu_ns = [0; 3];
        for round in 0..=STREAMS {
            let spent_ns = [
                cpu(async {
                    let answer = bare.get(&url).send().await.expect("an answer");
                    let mut pieces = answer.bytes_stream();
                    let mut bytes = 0;
                    while let Some(piece) = pieces.next().await {
                        bytes += piece.expect("a piece").len();
                    }
                    assert!(bytes > EVENTS);
                })
                .await,
                cpu(async {
                    let answer = client.get(path).stream().await.expect("an answer");
                    let mut pieces = answer.into_body().into_data_stream();
                    let mut bytes = 0;
                    while let Some(piece) = pieces.next().await {
                        bytes += piece.expect("a piece").len();
                    }
                    assert!(bytes > EVENTS);
                })
                .await,
                cpu(async {
                    let mut events = client.get(path).events().await.expect("an answer");
                    let mut count = 0;
                    while let Some(event) = events.next().await {
                        count += usize::from(!event.expect("an event").data().is_empty());
                    }
                    assert_eq!(count, EVENTS);
                })
                .await,
            ];
            if round > 0 {
                cpu_ns.iter_mut().zip(spent_ns).for_each(|(sum, spent)| *sum += spent);
            }
        }
        let [bare, bytes, events] = cpu_ns.map(|ns| ns as f64 / STREAMS as f64 / EVENTS as f64);
        println!("{STREAMS} {path} streams of {EVENTS} events, in ns of CPU an event");
        println!("bare reqwest {bare:6.2}");
        met &= compare("bytes", bytes, bare, 1.10) & compare("events", events, bare, 1.10);
    }
    met
}

/// The CPU time that this thread spends on the work, in nanoseconds.
async fn cpu(work: impl Future<Output = ()>) -> u64 {
    let before = cpu_ns();
    work.await;
    cpu_ns() - before
}

fn cpu_ns() -> u64 {
    let stat =
        std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts the time of threads");
    stat.split(' ').next().and_then(|ns| ns.parse().ok()).expect("a number of nanoseconds")
}

fn bare_client() -> reqwest::Client {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer key"));
    reqwest::Client::builder()
        .user_agent("fourfold/0")
        .default_headers(headers)
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(30))
        .timeout(Duration::from_secs(60))
        .pool_idle_timeout(Duration::from_secs(20))
        .build()
        .expect("a client")
}

/// Everything that has a switch is on.
fn our_client(address: SocketAddr) -> BaseHttpClient {
    let rate_limit =
        RateLimitSettings { calls: 50_000, per: Duration::from_secs(1), wait_max: Duration::ZERO };
    let settings = HttpSettings { rate_limit: Some(rate_limit), ..HttpSettings::default() };
    BaseHttpClient::builder(format!("http://{address}"))
        .settings(settings)
        .auth(AuthScheme::Bearer("key".to_owned().into()))
        .recorder(Arc::new(Counter::default()))
        .build()
        .expect("a client")
}

#[derive(Default)]
struct Counter(AtomicU64);

impl Recorder for Counter {
    fn call_ended(&self, call: &CallReport<'_>) {
        self.0.fetch_add(call.received_bytes, Ordering::Relaxed);
    }
}

fn start_server() -> SocketAddr {
    let (tx, rx) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let work = tokio::task::LocalSet::new();
        work.block_on(&runtime, async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            tx.send(listener.local_addr().expect("it is bound")).expect("the client waits");
            loop {
                let (connection, _) = listener.accept().await.expect("a connection");
                connection.set_nodelay(true).expect("a socket option");
                let serving = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(connection), service_fn(answer));
                spawn(async move { _ = serving.await });
            }
        });
    });
    rx.recv().expect("the server starts")
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no tracker; its process ends all tasks")]
fn spawn(work: impl Future<Output = ()> + 'static) {
    tokio::task::spawn_local(work);
}

type Answer = http::Response<http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>>;

async fn answer(request: Request<Incoming>) -> Result<Answer, Infallible> {
    let path = request.uri().path().to_owned();
    _ = request.into_body().collect().await;
    let event = Bytes::from_static(
        b"data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock-chat\",\
          \"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n",
    );
    let body = match path.as_str() {
        "/slow" => StreamBody::new(futures_util::stream::iter(0..EVENTS).then(move |_| {
            let event = event.clone();
            async move {
                // Lets the connection flush, so that each event is a write of its own.
                tokio::task::yield_now().await;
                Ok(Frame::data(event))
            }
        }))
        .boxed_unsync(),
        "/fast" => {
            let events = futures_util::stream::iter(0..EVENTS);
            StreamBody::new(events.map(move |_| Ok(Frame::data(event.clone())))).boxed_unsync()
        }
        _ => Full::new(Bytes::from_static(
            br#"{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Something of some length."}}],"usage":{"prompt_tokens":9,"completion_tokens":5}}"#,
        ))
        .boxed_unsync(),
    };
    Ok(http::Response::new(body))
}

//! A thousand random requests and answers, from socket to socket: they arrive as they were sent, but for the headers
//! that the design names.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fourfold_forward::{Body, ForwardRetry, Forwarder, ForwarderBuilder};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{TlsUpstream, builder, run, soon};

const CASES: u32 = 1000;

/// What stays with the caller: who he is, and what belongs to his connection.
const KEPT_BACK: [(&str, &str); 9] = [
    ("authorization", "Bearer ff_callers"),
    ("x-api-key", "ff_callers"),
    ("cookie", "a=b"),
    ("fourfold-user", "u1"),
    ("idempotency-key", "k1"),
    ("proxy-authorization", "Basic eA=="),
    ("te", "trailers"),
    ("keep-alive", "timeout=5"),
    ("x-hop", "1"),
];

/// What stays with the target.
const KEPT_BACK_OF_ANSWERS: [(&str, &str); 8] = [
    ("set-cookie", "a=b"),
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("alt-svc", "h3=\":443\""),
    ("clear-site-data", "\"*\""),
    ("fourfold-error", "1"),
    ("keep-alive", "timeout=5"),
    ("proxy-authenticate", "Basic"),
    ("x-hop", "1"),
];

/// A target's clock, which is not ours.
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

#[derive(Clone, Debug)]
struct Case {
    method: Method,
    target: String,
    request: Message,
    status: StatusCode,
    answer: Message,
    is_http2: bool,
}

/// Headers and a body.
#[derive(Clone, Debug)]
struct Message {
    headers: HeaderMap,
    /// Whether it brings headers that don't go on.
    has_kept_back: bool,
    body: Pieces,
}

/// A body, how it is cut, and whether its length is told.
#[derive(Clone, Debug)]
struct Pieces {
    bytes: Bytes,
    cuts: Vec<usize>,
    is_long_known: bool,
}

/// What came of a message.
struct Got {
    headers: HeaderMap,
    body: Bytes,
}

#[test]
fn a_thousand_random_requests_and_answers_arrive_as_they_are() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut world = runtime.block_on(World::start());
    let config =
        Config { cases: CASES, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let world = std::cell::RefCell::new(&mut world);
    let checked = runner.run(&case(), |case| runtime.block_on(world.borrow_mut().check(case)));
    checked.unwrap();
}

/// A target of each version, and a proxy before each.
struct World {
    plan: Arc<Mutex<Plan>>,
    http1: Proxy,
    http2: Proxy,
    // Its certificate is trusted as long as its file is there.
    _tls: TlsUpstream,
}

/// What the target is to answer, and then what it got.
#[derive(Default)]
struct Plan {
    case: Option<Case>,
    got: Option<(Version, Method, String, Got)>,
}

/// A server that passes everything on to a target, and a caller's connection to it.
struct Proxy {
    address: SocketAddr,
    /// The target's, as it is asked for.
    host: String,
    caller: Option<SendRequest<Body>>,
}

impl World {
    async fn start() -> Self {
        let plan = Arc::new(Mutex::new(Plan::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let shared = Arc::clone(&plan);
        serve(listener, move |request| answer(request, Arc::clone(&shared)));
        let http1 = Proxy::start(builder(&format!("http://{host}")), host).await;
        let shared = Arc::clone(&plan);
        let tls = TlsUpstream::answering(move |request| answer(request, Arc::clone(&shared))).await;
        let trusting = tls.builder().tls(tls.trusted());
        let http2 = Proxy::start(trusting, format!("localhost:{}", tls.port())).await;
        Self { plan, http1, http2, _tls: tls }
    }

    async fn check(&mut self, case: Case) -> Result<(), TestCaseError> {
        self.plan.lock().unwrap().case = Some(case.clone());
        let proxy = if case.is_http2 { &mut self.http2 } else { &mut self.http1 };
        let mut request = Request::new(case.request.body.body());
        *request.method_mut() = case.method.clone();
        *request.uri_mut() = case.target.parse().unwrap();
        *request.headers_mut() = case.request.sent(&KEPT_BACK);
        request.headers_mut().insert(header::HOST, HeaderValue::from_static("elsewhere.test"));
        let (status, answer) = proxy.ask(request).await.map_err(TestCaseError::fail)?;

        let (version, method, target, got) = self.plan.lock().unwrap().got.take().unwrap();
        prop_assert_eq!(version, if case.is_http2 { Version::HTTP_2 } else { Version::HTTP_11 });
        prop_assert_eq!(method, case.method.clone());
        prop_assert_eq!(target, case.target.clone());
        let body = &case.request.body.bytes;
        prop_assert!(got.body == body, "{} bytes instead of {}", got.body.len(), body.len());
        prop_assert_eq!(shown(&got.headers), shown(&case.expected_of_target(&proxy.host)));

        prop_assert_eq!(status, case.status);
        let body = case.answered_body();
        prop_assert!(answer.body == body, "{} bytes instead of {}", answer.body.len(), body.len());
        prop_assert_eq!(shown(&answer.headers), shown(&case.expected_of_caller()));
        Ok(())
    }
}

impl Proxy {
    async fn start(builder: ForwarderBuilder, host: String) -> Self {
        let forwarder: Forwarder = builder.retry(ForwardRetry::default()).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        serve(listener, move |request: Request<Incoming>| {
            let forwarder = forwarder.clone();
            async move {
                let passed = forwarder.forward(request.map(Body::wrap)).await;
                passed.unwrap_or_else(|error| {
                    let mut answer = Response::new(Body::from(format!("{error:?}")));
                    *answer.status_mut() = StatusCode::from_u16(999).unwrap();
                    answer
                })
            }
        });
        Self { address, host, caller: None }
    }

    /// Asks over the connection that there is, if it is still there.
    async fn ask(&mut self, request: Request<Body>) -> Result<(StatusCode, Got), String> {
        let mut caller = self.caller.take();
        if let Some(kept) = &mut caller
            && soon(kept.ready()).await.is_err()
        {
            caller = None;
        }
        let mut caller = match caller {
            Some(caller) => caller,
            None => {
                let connection = TcpStream::connect(self.address).await.unwrap();
                connection.set_nodelay(true).unwrap();
                let (caller, driver) =
                    hyper::client::conn::http1::handshake(TokioIo::new(connection)).await.unwrap();
                run(driver);
                caller
            }
        };
        let answer = soon(caller.send_request(request)).await.map_err(|error| format!("{error:?}"))?;
        let (head, body) = answer.into_parts();
        let body = soon(body.collect()).await.map_err(|error| format!("{error:?}"))?.to_bytes();
        if head.status.as_u16() == 999 {
            return Err(String::from_utf8_lossy(&body).into_owned());
        }
        self.caller = Some(caller);
        Ok((head.status, Got { headers: head.headers, body }))
    }
}

/// Serves HTTP/1.1 on a port.
fn serve<A, F>(listener: TcpListener, answer: A)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    run(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            connection.set_nodelay(true).unwrap();
            let answer = answer.clone();
            let service = service_fn(move |request| {
                let answer = answer(request);
                async { Ok::<_, Infallible>(answer.await) }
            });
            let mut server = hyper::server::conn::http1::Builder::new();
            run(server.auto_date_header(false).serve_connection(TokioIo::new(connection), service));
        }
    });
}

async fn answer(request: Request<Incoming>, plan: Arc<Mutex<Plan>>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut plan = plan.lock().unwrap();
    let target = head.uri.path_and_query().unwrap().to_string();
    // HTTP/2 has a word of its own for it.
    let mut headers = head.headers;
    if let Some(authority) = head.uri.authority() {
        headers.append(header::HOST, authority.as_str().parse().unwrap());
    }
    plan.got = Some((head.version, head.method, target, Got { headers, body }));
    let case = plan.case.clone().unwrap();
    let body = if case.is_bodyless() { Body::empty() } else { case.answer.body.body() };
    let mut answer = Response::new(body);
    *answer.status_mut() = case.status;
    *answer.headers_mut() = case.answer.sent(&KEPT_BACK_OF_ANSWERS);
    if head.version == Version::HTTP_2 {
        answer.headers_mut().remove(header::TRANSFER_ENCODING);
    }
    if case.is_bodyless() {
        answer.headers_mut().remove(header::CONTENT_LENGTH);
        answer.headers_mut().remove(header::TRANSFER_ENCODING);
    }
    answer.headers_mut().insert(header::DATE, HeaderValue::from_static(DATE));
    answer
}

impl Case {
    /// All headers that the target is to see.
    fn expected_of_target(&self, host: &str) -> HeaderMap {
        let mut headers = self.request.headers.clone();
        headers.insert(header::HOST, host.parse().unwrap());
        self.request.body.frame(&mut headers, !self.is_http2);
        headers
    }

    /// All headers that the caller is to see.
    fn expected_of_caller(&self) -> HeaderMap {
        let mut headers = self.answer.headers.clone();
        headers.insert(header::DATE, HeaderValue::from_static(DATE));
        if !self.is_bodyless() {
            self.answer.body.frame(&mut headers, self.method != Method::HEAD);
        }
        headers
    }

    /// Whether answers of this status have no body; the target's server doesn't frame one then.
    fn is_bodyless(&self) -> bool {
        matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }

    fn answered_body(&self) -> Bytes {
        let has_body = self.method != Method::HEAD && !self.is_bodyless();
        if has_body { self.answer.body.bytes.clone() } else { Bytes::new() }
    }
}

/// All values of each header, in their order.
fn shown(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let values = |name| headers.get_all(name).iter().map(|value| value.as_bytes().escape_ascii().to_string());
    headers.keys().map(|name| (name.to_string(), values(name).collect())).collect()
}

impl Message {
    /// The headers as they are sent.
    fn sent(&self, kept_back: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = self.headers.clone();
        if self.has_kept_back {
            for (name, value) in kept_back {
                headers.append(*name, HeaderValue::from_static(value));
            }
            headers.append(header::CONNECTION, HeaderValue::from_static("keep-alive, X-Hop"));
        }
        self.body.frame(&mut headers, true);
        headers
    }
}

impl Pieces {
    /// What frames it: its length where that is told, else chunks, where there are such.
    fn frame(&self, headers: &mut HeaderMap, has_chunks: bool) {
        if self.is_long_known {
            headers.insert(header::CONTENT_LENGTH, self.bytes.len().into());
        } else if has_chunks {
            headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    }

    fn body(&self) -> Body {
        let mut rest = self.bytes.clone();
        let mut pieces: Vec<_> = self.cuts.iter().map(|cut| rest.split_to((*cut).min(rest.len()))).collect();
        pieces.push(rest);
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).map(Ok::<_, std::io::Error>);
        match self.is_long_known {
            true => {
                Body::from_stream_with_length(futures_util::stream::iter(pieces), self.bytes.len() as u64)
            }
            false => Body::wrap(StreamBody::new(futures_util::stream::iter(
                pieces.map(|piece| piece.map(Frame::data)),
            ))),
        }
    }
}

fn case() -> impl Strategy<Value = Case> {
    let methods: &'static [&'static str] =
        &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "M-SEARCH", "a!b"];
    let method = prop::sample::select(methods).prop_map(|method| method.parse().unwrap());
    let statuses =
        prop::sample::select(&[200, 201, 202, 204, 206, 301, 304, 307, 400, 404, 418, 451, 599][..]);
    let status = statuses.prop_map(|status| StatusCode::from_u16(status).unwrap());
    let path = "(/[a-zA-Z0-9_~:@!$&'()*+,=-]{1,8}(%20|%C3%A9|\\.)?){1,4}";
    let query = prop::option::of("[a-z0-9&=/?%:@+.-]{0,20}");
    let target = (path, query).prop_map(|(path, query): (String, Option<String>)| match query {
        Some(query) => format!("{path}?{query}"),
        None => path,
    });
    let is_http2 = prop::bool::weighted(0.25);
    (method, target, message(), status, message(), is_http2).prop_map(
        |(method, target, request, status, answer, is_http2)| Case {
            method,
            target,
            request,
            status,
            answer,
            is_http2,
        },
    )
}

fn message() -> impl Strategy<Value = Message> {
    (headers(), any::<bool>(), pieces()).prop_map(|(headers, has_kept_back, body)| Message {
        headers,
        has_kept_back,
        body,
    })
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    let known = prop::sample::select(
        &[
            "accept",
            "accept-encoding",
            "content-type",
            "etag",
            "if-none-match",
            "range",
            "vary",
            "x-request-id",
            "traceparent",
        ][..],
    );
    let name = prop_oneof![known.prop_map(str::to_owned), "x-[a-z0-9_-]{1,12}"];
    // Every byte that a header can carry, but no space at its ends.
    let value = prop::collection::vec(prop_oneof![0x21_u8..=0x7e, 0x80_u8..=0xff], 0..40);
    prop::collection::vec((name, value), 0..12).prop_map(|pairs| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.into_iter().filter(|(name, _)| name != "x-hop") {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(&value).unwrap());
        }
        headers
    })
}

fn pieces() -> impl Strategy<Value = Pieces> {
    let length = prop_oneof![
        20 => 0_usize..2048,
        6 => 2048_usize..200_000,
        1 => 200_000_usize..=5_000_000,
        4 => Just(0),
    ];
    let cut = prop_oneof![1_usize..16, 16_usize..4096, 4096_usize..300_000];
    (length, any::<u8>(), prop::collection::vec(cut, 0..12), any::<bool>()).prop_map(
        |(length_bytes, seed, cuts, is_long_known)| {
            // Random enough to tell pieces apart, and quick to make.
            let bytes: Bytes =
                (0..length_bytes).map(|at| (at as u8).wrapping_mul(31) ^ (at >> 8) as u8 ^ seed).collect();
            Pieces { bytes, cuts, is_long_known }
        },
    )
}

//! A thousand random requests and answers arrive as they were sent, but for the headers that are named here.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use fourfold_forward::{Body, Forwarder};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::net::TcpListener;

use crate::support::{builder, run, soon};

const CASES: u32 = 1000;

/// A body, how it is cut, and whether its length is told.
#[derive(Clone, Debug)]
struct Pieces {
    bytes: Bytes,
    cuts: Vec<usize>,
    is_long_known: bool,
}

#[derive(Clone, Debug)]
struct Case {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Pieces,
    status: StatusCode,
    answer_headers: HeaderMap,
    answer_body: Pieces,
}

#[test]
fn a_thousand_random_requests_and_answers_arrive_as_they_are() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (forwarder, plan) = runtime.block_on(start());
    let config =
        Config { cases: CASES, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let checked = runner.run(&case(), |case| runtime.block_on(check(&forwarder, &plan, case)));
    checked.unwrap();
}

/// What the target is to answer, and then what it got.
#[derive(Default)]
struct Plan {
    case: Option<Case>,
    got: Option<(Method, String, HeaderMap, Bytes)>,
}

async fn start() -> (Forwarder, Arc<Mutex<Plan>>) {
    let plan = Arc::new(Mutex::new(Plan::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let shared = Arc::clone(&plan);
    run(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let plan = Arc::clone(&shared);
            let service = service_fn(move |request| answer(request, Arc::clone(&plan)));
            run(hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(connection), service));
        }
    });
    (builder(&url).retry(fourfold_forward::ForwardRetry::default()).build().unwrap(), plan)
}

async fn answer(request: Request<Incoming>, plan: Arc<Mutex<Plan>>) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut plan = plan.lock().unwrap();
    plan.got = Some((head.method, head.uri.to_string(), head.headers, body));
    let case = plan.case.clone().unwrap();
    let mut answer = Response::new(case.answer_body.body());
    *answer.status_mut() = case.status;
    *answer.headers_mut() = case.answer_headers;
    Ok(answer)
}

async fn check(forwarder: &Forwarder, plan: &Mutex<Plan>, case: Case) -> Result<(), TestCaseError> {
    plan.lock().unwrap().case = Some(case.clone());
    let mut request = Request::new(case.body.body());
    *request.method_mut() = case.method.clone();
    *request.uri_mut() = case.target.parse().unwrap();
    request.headers_mut().extend(case.headers.clone());
    if !case.body.is_long_known {
        request.headers_mut().insert("transfer-encoding", HeaderValue::from_static("chunked"));
    }
    let answer =
        soon(forwarder.forward(request)).await.map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    let (head, body) = answer.into_parts();
    let body =
        soon(body.collect()).await.map_err(|error| TestCaseError::fail(format!("{error:?}")))?.to_bytes();

    let (method, target, headers, sent) = plan.lock().unwrap().got.take().unwrap();
    prop_assert_eq!(method, case.method.clone());
    prop_assert_eq!(target, case.target);
    prop_assert!(sent == case.body.bytes, "{} bytes instead of {}", sent.len(), case.body.bytes.len());
    prop_assert_eq!(plain(&headers), plain(&case.headers));
    prop_assert_eq!(head.status, case.status);
    prop_assert_eq!(plain(&head.headers), plain(&case.answer_headers));
    let has_body = case.method != Method::HEAD && !matches!(case.status.as_u16(), 204 | 304);
    let expected = if has_body { case.answer_body.bytes } else { Bytes::new() };
    prop_assert!(body == expected, "{} bytes instead of {}", body.len(), expected.len());
    Ok(())
}

/// All values of each header but of those that framing, routing and the server itself bring.
fn plain(headers: &HeaderMap) -> BTreeMap<String, Vec<Vec<u8>>> {
    let brought = ["host", "content-length", "transfer-encoding", "date"];
    let kept = headers.keys().filter(|name| !brought.contains(&name.as_str()));
    let values = |name| headers.get_all(name).iter().map(|value| value.as_bytes().to_vec()).collect();
    kept.map(|name| (name.to_string(), values(name))).collect()
}

impl Pieces {
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
        &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "M-SEARCH", "a!b"];
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
    (method, target, headers(), pieces(), status, headers(), pieces()).prop_map(
        |(method, target, headers, body, status, answer_headers, answer_body)| Case {
            method,
            target,
            headers,
            body,
            status,
            answer_headers,
            answer_body,
        },
    )
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
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(&value).unwrap());
        }
        headers
    })
}

fn pieces() -> impl Strategy<Value = Pieces> {
    let length = prop_oneof![20 => 0_usize..2048, 6 => 2048_usize..200_000, 1 => 200_000_usize..5_000_000, 4 => Just(0)];
    (length, any::<u8>(), prop::collection::vec(1_usize..300_000, 0..6), any::<bool>()).prop_map(
        |(length_bytes, seed, cuts, is_long_known)| {
            // Random enough to tell pieces apart, and quick to make.
            let bytes: Bytes =
                (0..length_bytes).map(|at| (at as u8).wrapping_mul(31) ^ (at >> 8) as u8 ^ seed).collect();
            Pieces { bytes, cuts, is_long_known }
        },
    )
}

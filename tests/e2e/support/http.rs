//! HTTP to the server, byte for byte as a caller sends it, with whatever comes back.

use std::collections::BTreeMap;

use fourfold_clients::http::{
    BaseHttpClient, Body, BoxError, BreakerSettings, DataStream, EventStream, HttpSettings,
};
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use serde_json::Value;

use super::wait::within;

/// The largest event that is read.
const EVENT_BYTES_MAX: usize = 1 << 20;

/// A caller of a server. Clones share connections.
#[derive(Clone)]
pub(crate) struct Api {
    client: BaseHttpClient,
    base: String,
    headers: BTreeMap<String, String>,
}

/// A request that isn't sent yet.
#[must_use = "nothing is asked before it is sent"]
pub(crate) struct Ask {
    client: BaseHttpClient,
    method: Method,
    url: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

/// An answer as it comes. Dropping it closes the connection.
pub(crate) struct Coming {
    pub(crate) status: u16,
    pieces: DataStream,
    /// What was read of it.
    pub(crate) read: Vec<u8>,
}

impl Api {
    /// Nobody: a caller without a key.
    pub(crate) fn new(base: &str) -> Self {
        // Servers die here all the time, and each answer counts.
        let breaker = BreakerSettings { failures_max: 0, ..BreakerSettings::default() };
        let settings = HttpSettings { breaker, ..HttpSettings::default() };
        let client = BaseHttpClient::builder(base).settings(settings).build().unwrap();
        Self { client, base: base.to_owned(), headers: BTreeMap::new() }
    }

    pub(crate) fn with_key(&self, key: &str) -> Self {
        self.with("authorization", &format!("Bearer {key}"))
    }

    /// Where the server is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Works on behalf of this user.
    pub(crate) fn user(&self, user: &str) -> Self {
        self.with("fourfold-user", user)
    }

    /// Without any of the headers that it sends with each request.
    pub(crate) fn nobody(&self) -> Self {
        Self { headers: BTreeMap::new(), ..self.clone() }
    }

    fn with(&self, name: &str, value: &str) -> Self {
        let mut api = self.clone();
        api.headers.insert(name.to_owned(), value.to_owned());
        api
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        Ask {
            client: self.client.clone(),
            method: method.parse().unwrap(),
            url: format!("{}{path}", self.base),
            headers: self.headers.clone(),
            body: Vec::new(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Ask {
        self.ask("POST", path).json(body)
    }

    /// Reads what must be there.
    pub(crate) async fn read(&self, path: &str) -> Value {
        self.get(path).send().await.json(200)
    }

    /// All of a list, page by page.
    pub(crate) async fn read_all(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.read(&format!("{path}?limit=100{cursor}")).await;
            all.extend(page["data"].as_array().expect("a list has data").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

impl Ask {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    pub(crate) fn text(self, body: &str) -> Self {
        self.bytes("application/json", body.as_bytes().to_vec())
    }

    pub(crate) fn bytes(mut self, media_type: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("content-type", media_type)
    }

    /// The answer, which must come.
    pub(crate) async fn send(self) -> Answer {
        within(self.try_send()).await.expect("the server answers")
    }

    /// The answer, unless the server dies before it is whole.
    pub(crate) async fn try_send(self) -> Result<Answer, BoxError> {
        let (client, request) = self.request();
        let (head, body) = client.exchange(request).await?.into_parts();
        let bytes = body.into_data_stream().map_ok(Vec::from).try_concat().await?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, bytes })
    }

    /// An answer that must begin.
    pub(crate) async fn begin(self) -> Coming {
        let (client, request) = self.request();
        let (head, body) = within(client.exchange(request)).await.expect("the server answers").into_parts();
        Coming { status: head.status.as_u16(), pieces: body.into_data_stream(), read: Vec::new() }
    }

    /// The events of a stream that must begin.
    pub(crate) async fn events(self) -> EventStream {
        let (client, request) = self.request();
        let answer = within(client.exchange(request)).await.expect("the server answers");
        assert_eq!(answer.status(), 200);
        EventStream::new(answer.into_body(), EVENT_BYTES_MAX)
    }

    /// The events of a stream, where it begins.
    pub(crate) async fn try_events(self) -> Option<EventStream> {
        let (client, request) = self.request();
        let answer = client.exchange(request).await.ok()?;
        (answer.status() == 200).then(|| EventStream::new(answer.into_body(), EVENT_BYTES_MAX))
    }

    fn request(self) -> (BaseHttpClient, Request<Body>) {
        let mut request = Request::builder().method(self.method).uri(self.url);
        for (name, value) in self.headers {
            let name: HeaderName = name.parse().unwrap();
            request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        (self.client, request.body(self.body.into()).unwrap())
    }
}

impl Coming {
    /// Reads on until that is enough.
    pub(crate) async fn read_until(&mut self, is_enough: impl Fn(&[u8]) -> bool) {
        while !is_enough(&self.read) {
            match within(self.pieces.next()).await {
                Some(Ok(piece)) => self.read.extend_from_slice(&piece),
                ended => panic!("{ended:?} after {}", String::from_utf8_lossy(&self.read)),
            }
        }
    }

    /// Reads to the end, and says whether that is one.
    pub(crate) async fn read_to_end(&mut self) -> bool {
        loop {
            match within(self.pieces.next()).await {
                Some(Ok(piece)) => self.read.extend_from_slice(&piece),
                Some(Err(_)) => return false,
                None => return true,
            }
        }
    }
}

impl Answer {
    /// The body, of an answer with this status.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// A header, empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers of ours are text"))
    }

    /// The error, of an answer that keeps to the one shape of errors.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let text = self.text();
        assert_eq!(self.header("content-type"), "application/json", "{text}");
        let body: Value =
            serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {text}"));
        let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&body), ["error", "request_id"], "{text}");
        let error = &body["error"];
        let mut fields = keys(error);
        // Of whoever waited for a job.
        fields.retain(|field| field != "job_id");
        assert_eq!(fields, ["code", "message", "param", "type"], "{text}");
        for field in ["code", "message", "type"] {
            assert!(error[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {text}");
        }
        assert!(error["param"].is_string() || error["param"].is_null(), "{text}");
        assert_eq!(body["request_id"], self.header("x-request-id"), "{text}");
        assert_ne!(self.header("x-request-id"), "", "{text}");
        error.clone()
    }

    /// Checks that the answer is this refusal.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        let error = self.error();
        assert_eq!(error["code"], code, "{error}");
        error
    }
}

//! A request to the router.

use axum::Router;
use axum::body::Body;
use fourfold_service::keys::KeyKind;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{Answer, Events, House, rules};

/// The media type of a body of [`part`]s.
pub(crate) const MULTIPART: &str = "multipart/form-data; boundary=limit";

/// One part of a body, which ends with `--limit--`.
pub(crate) fn part(name: &str, media_type: &str, text: &str) -> String {
    format!("{}{text}\r\n", part_head(name, media_type))
}

/// A part that is a text, of the same kind of body.
pub(crate) fn text_part(name: &str, text: &str) -> String {
    format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
}

fn part_head(name: &str, media_type: &str) -> String {
    format!(
        "--limit\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a\"\r\ncontent-type: {media_type}\r\n\r\n"
    )
}

/// A request that isn't sent yet.
pub(crate) struct Ask<'a> {
    house: &'a House,
    router: Router,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Body,
}

impl<'a> Ask<'a> {
    pub(super) fn new(house: &'a House, method: Method, path: &str) -> Self {
        let (router, headers) = (house.router(), HeaderMap::new());
        Self { house, router, method, path: path.to_owned(), headers, body: Body::empty() }
    }

    /// Asks another router than the house's.
    pub(crate) fn of(mut self, router: Router) -> Self {
        self.router = router;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).unwrap();
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    /// With the key of this secret.
    pub(crate) fn key(self, secret: &str) -> Self {
        self.header("authorization", format!("Bearer {secret}"))
    }

    /// On behalf of a user, by the house's service key.
    pub(crate) fn by(self, user: &str) -> Self {
        let secret = self.house.service.clone();
        self.key(&secret).header("fourfold-user", user)
    }

    pub(crate) fn by_admin(self) -> Self {
        let secret = self.house.admin.clone();
        self.key(&secret)
    }

    /// By a key of this kind, which names the user where that is needed.
    pub(crate) async fn by_kind(self, kind: KeyKind, user: &str) -> Self {
        let account = (kind == KeyKind::User).then_some(user);
        let secret = self.house.key(kind, account).await;
        self.key(&secret).header("fourfold-user", user)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// With a file in a multipart body.
    pub(crate) fn file(self, media_type: &str, bytes: &[u8]) -> Self {
        let (head, tail) = (part_head("file", media_type), b"\r\n--limit--\r\n");
        self.header("content-type", MULTIPART).body([head.as_bytes(), bytes, tail].concat())
    }

    /// With these parts in a multipart body.
    pub(crate) fn form(self, parts: &[String]) -> Self {
        self.header("content-type", MULTIPART).body(format!("{}--limit--\r\n", parts.concat()))
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it, reads the whole answer and holds it against what holds for every answer.
    pub(crate) async fn answer(self) -> Answer {
        let (method, path) = (self.method.clone(), self.path.clone());
        let answer = Answer::read(self.send().await).await;
        rules::check(&method, &path, &answer);
        answer
    }

    /// Fails unless the answer has this status; its JSON.
    pub(crate) async fn ok(self, status: u16) -> Value {
        let asked = format!("{} {}", self.method, self.path);
        let answer = self.answer().await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text());
        answer.json()
    }

    /// Fails unless the answer is this error; of this field, where it names one.
    pub(crate) async fn check(self, status: u16, code: &str, param: Option<&str>) -> Answer {
        let asked = format!("{} {}", self.method, self.path);
        let answer = self.answer().await;
        let found = (answer.status, answer.code(), answer.param());
        assert_eq!(found, (status, Some(code.to_owned()), param.map(str::to_owned)), "{asked}");
        answer
    }

    /// Follows the answer as a stream of events.
    pub(crate) async fn events(self) -> Events {
        let response = self.send().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Events::new(response.into_body())
    }

    /// The answer as it comes, of whatever status.
    pub(crate) async fn response(self) -> Response<Body> {
        self.send().await
    }

    async fn send(self) -> Response<Body> {
        let mut request = Request::builder().method(self.method).uri(&self.path).body(self.body).unwrap();
        *request.headers_mut() = self.headers;
        self.router.oneshot(request).await.unwrap()
    }
}

//! What holds for every answer: its status is documented, it names its request, and an error has the one
//! shape that errors have.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use http::Method;
use serde_json::{Map, Value};

use super::Answer;

/// The description of the API.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(fourfold_api::openapi()).unwrap());

/// The routes with Anthropic's errors and headers.
const ANTHROPICS: [&str; 2] = ["/v1/messages", "/v1/messages/count_tokens"];

/// One route and method of the description.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) document: &'static Value,
}

impl Operation {
    pub(crate) fn takes_a_key(&self) -> bool {
        self.document.get("security").is_none()
    }

    pub(crate) fn is_for_admins(&self) -> bool {
        self.document["tags"][0] == "admin"
    }

    pub(crate) fn takes_a_body(&self) -> bool {
        self.document.get("requestBody").is_some()
    }
}

/// Every operation of the description.
pub(crate) fn operations() -> Vec<Operation> {
    let paths: &'static Map<String, Value> = DOCUMENT["paths"].as_object().unwrap();
    let mut operations = Vec::new();
    for (path, methods) in paths {
        for (method, document) in methods.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            operations.push(Operation { method, path, document });
        }
    }
    operations
}

/// Fails unless the answer keeps the rules.
pub(super) fn check(method: &Method, path: &str, answer: &Answer) {
    let asked = format!("{method} {path} → {}", answer.status);
    let request_id = answer.header("x-request-id").unwrap_or_else(|| panic!("{asked}: no x-request-id"));
    let should_retry = answer.header("x-should-retry");
    // Who must not send it again by himself may be told when to look.
    let again_after = answer.header("retry-after").is_some();
    assert!(
        again_after == (should_retry == Some("true")) || (again_after && answer.status == 503),
        "{asked}"
    );
    assert_eq!(answer.status == 401, answer.header("www-authenticate").is_some(), "{asked}");

    let documented = operation(method, path).map(|operation| {
        let responses = operation.document["responses"].as_object().unwrap();
        let response = responses.get(&answer.status.to_string());
        response.unwrap_or_else(|| panic!("{asked} is not documented: {}", answer.text()))
    });
    let schema = documented.map(|response| &response["content"]["application/json"]["schema"]["$ref"]);
    let is_error = schema.is_none_or(|schema| *schema == "#/components/schemas/ErrorBody");
    let is_anthropics = path.split('?').next().is_some_and(|path| ANTHROPICS.contains(&path));
    assert_eq!(answer.header("request-id"), is_anthropics.then_some(request_id), "{asked}");
    if answer.status >= 400 && is_anthropics && method != Method::HEAD {
        assert_eq!(answer.header("content-type"), Some("application/json"), "{asked}");
        check_anthropics_error(&asked, request_id, &answer.json());
    } else if answer.status >= 400 && is_error && method != Method::HEAD {
        assert_eq!(answer.header("content-type"), Some("application/json"), "{asked}");
        check_error(&asked, request_id, &answer.json());
    }
}

/// `{"error": {"message", "type", "code", "param"}, "request_id"}`.
fn check_error(asked: &str, request_id: &str, body: &Value) {
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(body), BTreeSet::from(["error", "request_id"].map(str::to_owned)), "{asked}");
    assert_eq!(body["request_id"], request_id, "{asked}");
    let error = &body["error"];
    let fields = BTreeSet::from(["code", "message", "param", "type"].map(str::to_owned));
    let mut found = names(error);
    // Of whoever waited for a job.
    assert!(!found.remove("job_id") || error["job_id"].is_string(), "{asked}: {error}");
    assert_eq!(found, fields, "{asked}");
    for name in ["code", "message", "type"] {
        assert!(error[name].as_str().is_some_and(|text| !text.is_empty()), "{asked}: {error}");
    }
    assert!(error["param"].is_string() || error["param"].is_null(), "{asked}: {error}");
}

/// `{"type": "error", "error": {"type", "message", "code", "param"}, "request_id"}`.
fn check_anthropics_error(asked: &str, request_id: &str, body: &Value) {
    assert_eq!((&body["type"], &body["request_id"]), (&"error".into(), &request_id.into()), "{asked}");
    let error = &body["error"];
    for name in ["code", "message", "type"] {
        assert!(error[name].as_str().is_some_and(|text| !text.is_empty()), "{asked}: {error}");
    }
    assert!(error["param"].is_string() || error["param"].is_null(), "{asked}: {error}");
}

/// What the description says of a request; nothing where it names no such route.
fn operation(method: &Method, path: &str) -> Option<Operation> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let path = path.split('?').next().unwrap_or_default();
    operations().into_iter().find(|operation| operation.method == *method && matches(operation.path, path))
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(template, path)| template == path || template.starts_with('{'))
}

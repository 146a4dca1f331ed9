//! What the controls read and write.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::settings::duration_text;
use crate::{Answer, Received, Vendor};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetFault {
    pub(super) requests: String,
    pub(super) fault: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) requests: String,
    pub(super) answers: Vec<ScriptedAnswer>,
}

/// One scripted answer: a status, headers, and at most one of the bodies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScriptedAnswer {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    text: Option<String>,
    base64: Option<String>,
    events: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefuseJson {
    RefuseNext(u64),
    RefuseFor(#[serde(with = "duration_text")] Duration),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    #[serde(with = "duration_text")]
    pub(super) advance: Duration,
}

/// A request as `GET /_simulator/received` lists it.
#[derive(Serialize)]
pub(super) struct ReceivedJson {
    number: u64,
    vendor: Option<Vendor>,
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    /// The body where it is text.
    body: Option<String>,
    /// The body where it isn't.
    body_base64: Option<String>,
    body_size_bytes: u64,
    status: Option<u16>,
    /// In seconds since 1970, with their fractions.
    closed_by_client_at: Option<f64>,
}

impl TryFrom<ScriptedAnswer> for Answer {
    type Error = String;

    fn try_from(scripted: ScriptedAnswer) -> Result<Self, String> {
        let ScriptedAnswer { status, headers, json, text, base64, events } = scripted;
        let status = StatusCode::from_u16(status).map_err(|_| format!("`{status}` is no status"))?;
        let mut answer = match (json, text, base64, events) {
            (Some(json), None, None, None) => Self::json(&json),
            (None, Some(text), None, None) => Self::bytes("text/plain; charset=utf-8", text),
            (None, None, Some(base64), None) => {
                let bytes = BASE64_STANDARD.decode(base64).map_err(|error| format!("base64: {error}"))?;
                Self::bytes("application/octet-stream", bytes)
            }
            (None, None, None, Some(events)) => Self::events(events),
            (None, None, None, None) => Self::empty(status),
            _ => return Err("an answer has one of `json`, `text`, `base64` and `events`".into()),
        };
        for (name, value) in headers {
            let header = (HeaderName::try_from(&name), HeaderValue::try_from(&value));
            let (Ok(name), Ok(value)) = header else {
                return Err(format!("`{name}: {value}` is no header"));
            };
            answer.headers.insert(name, value);
        }
        Ok(answer.with_status(status))
    }
}

impl From<Received> for ReceivedJson {
    fn from(received: Received) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let body = String::from_utf8(received.body.into());
        let (body, body_base64) = match body {
            Ok(body) => (Some(body), None),
            Err(bytes) => (None, Some(BASE64_STANDARD.encode(bytes.as_bytes()))),
        };
        Self {
            number: received.number,
            vendor: received.vendor,
            method: received.method.to_string(),
            path: received.path,
            query: received.query,
            headers: received.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body,
            body_base64,
            body_size_bytes: received.body_size_bytes,
            status: received.status.map(|status| status.as_u16()),
            closed_by_client_at: received.closed_by_client_at.map(seconds),
        }
    }
}

fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn ok() -> u16 {
    200
}

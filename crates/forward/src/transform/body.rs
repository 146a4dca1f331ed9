//! Changes fields of JSON bodies.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::fields::{FieldEdit, FieldEdits};
use super::invalid::InvalidTransformer;
use super::{
    BODY_PRIORITY, CallContext, RequestDraft, RequestTransformer, ResponseDraft, ResponseTransformer,
    TransformError,
};

/// From how large a body on it isn't worked on between the other requests of a runtime.
const LARGE_BYTES: usize = 256 * 1024;

/// Headers that are about the bytes of a body, and wrong once these are others.
const ABOUT_BYTES: [&str; 4] = ["content-digest", "content-md5", "digest", "repr-digest"];

/// Changes fields of JSON bodies, of requests or of answers. All else in a body stays byte for byte.
///
/// A field is named by its path, `stream_options.include_usage`, through objects only; each may be named once, so
/// the order doesn't matter. A body that is no object, and an object that is looked into and has a field twice, is an error.
/// A body that streams by, an empty one and a part of one (206) stay untouched. The `Content-Length` is the
/// forwarder's to set.
///
/// ```
/// use fourfold_forward::BodyTransformer;
/// use serde_json::json;
///
/// let body = BodyTransformer::new()
///     .rename_model("fast", "gpt-5-mini")?
///     .set("store", json!(false))?
///     .default_value("max_completion_tokens", json!(4096))?
///     .drop("metadata.internal")?;
/// assert!(body.set("metadata", json!({})).is_err());
/// # Ok::<(), fourfold_forward::InvalidTransformer>(())
/// ```
#[derive(Clone, Debug)]
pub struct BodyTransformer {
    edits: FieldEdits,
    priority: i32,
}

impl Default for BodyTransformer {
    fn default() -> Self {
        Self { edits: FieldEdits::default(), priority: BODY_PRIORITY }
    }
}

impl BodyTransformer {
    /// Changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes another name for this one in the field `model`. May be called for several names.
    pub fn rename_model(self, from: &str, to: &str) -> Result<Self, InvalidTransformer> {
        let names = BTreeMap::from([(from.to_owned(), to.to_owned())]);
        self.edit("rename_model", "model", FieldEdit::Rename(names))
    }

    /// Gives a field this value, whatever it has. Objects around it are made where they are missing or null; anything
    /// else that is no object there is an error.
    pub fn set(self, field: &str, value: Value) -> Result<Self, InvalidTransformer> {
        self.edit("set", field, FieldEdit::Set(value))
    }

    /// Gives a field this value if it is missing or null; else as [`set`](Self::set).
    pub fn default_value(self, field: &str, value: Value) -> Result<Self, InvalidTransformer> {
        self.edit("default", field, FieldEdit::Default(value))
    }

    /// Takes a field out, if it is there.
    pub fn drop(self, field: &str) -> Result<Self, InvalidTransformer> {
        self.edit("drop", field, FieldEdit::Drop)
    }

    /// Sets the priority, [`BODY_PRIORITY`] by default.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    fn edit(mut self, part: &str, field: &str, edit: FieldEdit) -> Result<Self, InvalidTransformer> {
        let inserted = self.edits.insert(field, edit);
        inserted.map_err(|allowed| InvalidTransformer::new(format!("{part}.{field}"), allowed))?;
        Ok(self)
    }

    async fn apply(&self, body: &mut Option<Bytes>, headers: &mut HeaderMap) -> Result<(), TransformError> {
        let Some(bytes) = body.as_ref().filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        let edited = if bytes.len() < LARGE_BYTES {
            edited(&self.edits, bytes)?
        } else {
            let (edits, bytes) = (self.edits.clone(), bytes.clone());
            tokio::task::spawn_blocking(move || edited(&edits, &bytes)).await.map_err(|error| {
                TransformError {
                    message: "the body couldn't be changed".to_owned(),
                    source: Some(Box::new(error)),
                }
            })??
        };
        if let Some(edited) = edited {
            *body = Some(edited);
            for name in ABOUT_BYTES {
                headers.remove(name);
            }
        }
        Ok(())
    }
}

/// The body with the changes made; none if there is nothing to change.
fn edited(edits: &FieldEdits, body: &[u8]) -> Result<Option<Bytes>, TransformError> {
    let wrong = |message| TransformError { message, source: None };
    let text = std::str::from_utf8(body)
        .map_err(|error| wrong(format!("the body isn't UTF-8 at byte {}", error.valid_up_to())))?;
    let edited = edits.edit(text).map_err(|error| wrong(error.to_string()))?;
    Ok(edited.map(Bytes::from))
}

#[async_trait]
impl RequestTransformer for BodyTransformer {
    fn name(&self) -> &str {
        "body"
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    fn reads_body(&self) -> bool {
        true
    }

    async fn transform(&self, request: &mut RequestDraft, _: &CallContext) -> Result<(), TransformError> {
        self.apply(&mut request.body, &mut request.headers).await
    }
}

#[async_trait]
impl ResponseTransformer for BodyTransformer {
    fn name(&self) -> &str {
        "body"
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    fn reads_body(&self) -> bool {
        true
    }

    async fn transform(&self, response: &mut ResponseDraft, _: &CallContext) -> Result<(), TransformError> {
        match response.status {
            StatusCode::PARTIAL_CONTENT => Ok(()),
            _ => self.apply(&mut response.body, &mut response.headers).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    async fn answered(status: StatusCode, body: Option<Bytes>) -> Result<ResponseDraft, TransformError> {
        let transformer = BodyTransformer::new().drop("id").unwrap();
        let headers = ["content-digest", "etag"]
            .map(|name| (name.parse().unwrap(), HeaderValue::from_static("1")))
            .into_iter()
            .collect();
        let mut response = ResponseDraft { status, headers, body };
        transformer.apply_to(&mut response).await.map(|()| response)
    }

    impl BodyTransformer {
        async fn apply_to(&self, response: &mut ResponseDraft) -> Result<(), TransformError> {
            let call = CallContext {
                target: "t".into(),
                request_id: "r".into(),
                method: http::Method::GET,
                path: "/".into(),
                extensions: http::Extensions::new(),
            };
            ResponseTransformer::transform(self, response, &call).await
        }
    }

    #[tokio::test]
    async fn a_changed_body_has_no_digest_and_another_keeps_it() {
        for (body, after, headers) in
            [(r#"{"id":1,"a":2}"#, r#"{"a":2}"#, 1), (r#"{"a":2}"#, r#"{"a":2}"#, 2), ("", "", 2)]
        {
            let response = answered(StatusCode::OK, Some(Bytes::from(body))).await.unwrap();
            assert_eq!(response.body, Some(Bytes::from(after)), "{body}");
            assert_eq!(response.headers.len(), headers, "{body}");
        }
    }

    #[tokio::test]
    async fn what_streams_by_and_parts_stay_untouched() {
        assert_eq!(answered(StatusCode::OK, None).await.unwrap().body, None);
        let part = Some(Bytes::from("\"id\":1"));
        assert_eq!(answered(StatusCode::PARTIAL_CONTENT, part.clone()).await.unwrap().body, part);
    }

    #[tokio::test]
    async fn a_large_body_is_changed_too() {
        let body = format!(r#"{{"id":1,"a":"{}"}}"#, "x".repeat(LARGE_BYTES));
        let response = answered(StatusCode::OK, Some(Bytes::from(body.clone()))).await.unwrap();
        assert_eq!(response.body.unwrap(), body.replace(r#""id":1,"#, ""));
    }

    #[tokio::test]
    async fn an_error_quotes_nothing_of_the_body() {
        for (body, expected) in [
            (Bytes::from("\"secret\""), "the body must be a JSON object"),
            (Bytes::from("secret"), "the body isn't JSON at line 1, column 1"),
            (Bytes::from(&b"{\"a\":\"\xff\"}"[..]), "the body isn't UTF-8 at byte 6"),
        ] {
            let error = answered(StatusCode::OK, Some(body)).await.unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_field_that_cannot_be_named_is_refused_with_its_place() {
        let error =
            BodyTransformer::new().rename_model("a", "b").unwrap().set("model", json!("c")).unwrap_err();
        assert_eq!(error.to_string(), "set.model must be named once, and none in it or around it");
    }
}

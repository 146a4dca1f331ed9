//! Shapes in the description that no type of ours has.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Bytes of whichever media type.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "this documents what is streamed")]
pub(crate) struct Bytes(Vec<u8>);

/// One text or several.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read as it comes, this documents it")]
pub(crate) enum TextOrTexts {
    Text(String),
    Texts(Vec<String>),
}

/// A text, or a list of what the wire has for it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read as it comes, this documents it")]
pub(crate) enum TextOrItems {
    Text(String),
    Items(Vec<Value>),
}

/// A word, or an object that says more.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read as it comes, this documents it")]
pub(crate) enum TextOrObject {
    Text(String),
    #[schema(value_type = Object)]
    Object(Value),
}

/// A list of numbers, or their bytes as base64.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "written as it comes, this documents it")]
pub(crate) enum NumbersOrText {
    Numbers(Vec<f32>),
    Text(String),
}

/// One event of a stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "this documents what is streamed")]
pub(crate) struct StreamEvent {
    /// What kind it is, where the wire tells kinds apart so.
    event: Option<String>,
    /// Where to go on from, for streams that can be gone on with.
    id: Option<String>,
    /// JSON, or the wire's word for the end.
    data: String,
}

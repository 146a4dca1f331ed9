//! Results as the caller's `Accept` wants them: bytes, or base64 in JSON.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::content::{hash, is_filtered};
use crate::media::Media;
use crate::refusal::Refusal;

/// A result, and what its headers or its JSON say of it.
pub(super) struct Made {
    pub(super) media: Media,
    pub(super) seed: u32,
    pub(super) is_filtered: bool,
}

/// What the caller takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    Bytes,
    Json,
}

impl Accepted {
    /// Reads `Accept`: JSON, or the kind that the route makes, such as `image/*`.
    pub(super) fn read(call: &Call<'_>, kind: &str) -> Result<Self, Refusal> {
        let accept = call.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        match accept {
            "application/json" => Ok(Self::Json),
            "*/*" => Ok(Self::Bytes),
            accept if accept == kind => Ok(Self::Bytes),
            _ => Err(Refusal::not_allowed("accept", accept, format!("one of '{kind}', 'application/json'"))),
        }
    }
}

impl Made {
    /// The answer; in JSON the result has this name.
    pub(super) fn answer(self, accepted: Accepted, name: &str) -> Answer {
        let finish_reason = if self.is_filtered { "CONTENT_FILTERED" } else { "SUCCESS" };
        match accepted {
            Accepted::Bytes => Answer::bytes(self.media.media_type, self.media.bytes)
                .with_header(HeaderName::from_static("finish-reason"), finish_reason)
                .with_header(HeaderName::from_static("seed"), &self.seed.to_string()),
            Accepted::Json => {
                let result = BASE64_STANDARD.encode(&self.media.bytes);
                let mut body = json!({"finish_reason": finish_reason, "seed": self.seed});
                body[name] = Value::from(result);
                let media_type = format!("application/json; type={}", self.media.media_type);
                let mut answer = Answer::json(&body);
                if let Ok(media_type) = HeaderValue::try_from(media_type) {
                    answer.headers.insert(CONTENT_TYPE, media_type);
                }
                answer
            }
        }
    }
}

/// The seed that was asked for, or one that follows from the prompt.
pub(super) fn seed(fields: &Fields, prompt: &str) -> Result<u32, Refusal> {
    let asked = fields.integer("seed", 0..=i64::from(u32::MAX))?.and_then(|seed| u32::try_from(seed).ok());
    let followed = u32::try_from(hash(prompt) >> 32).unwrap_or(1).max(1);
    Ok(asked.filter(|seed| *seed != 0).unwrap_or(followed))
}

/// All that a form says about what is wanted.
pub(super) fn words(fields: &Fields) -> String {
    let names = ["prompt", "background_prompt", "search_prompt", "select_prompt"];
    let texts = names.iter().filter_map(|name| fields.text(name).ok().flatten());
    texts.collect::<Vec<_>>().join(" ")
}

pub(super) fn made(media: Media, fields: &Fields) -> Result<Made, Refusal> {
    let words = words(fields);
    Ok(Made { media, seed: seed(fields, &words)?, is_filtered: is_filtered(&words) })
}

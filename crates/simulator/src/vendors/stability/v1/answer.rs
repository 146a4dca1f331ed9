//! What an engine answers: artifacts in JSON, or one PNG.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::ACCEPT;
use http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use super::request::GenerationRequest;
use crate::answer::Answer;
use crate::call::Call;
use crate::content::{hash, is_filtered};
use crate::media::{Media, PictureFormat};
use crate::refusal::Refusal;

pub(super) fn answer(call: &Call<'_>, request: &GenerationRequest) -> Result<Answer, Refusal> {
    let accept = call.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    match accept {
        "application/json" | "*/*" => {
            let artifacts: Vec<_> = (0..request.samples).map(|index| artifact(request, index)).collect();
            Ok(Answer::json(&json!({"artifacts": artifacts})))
        }
        "image/png" if request.samples > 1 => {
            let message = "samples: must be 1 where the answer is a picture";
            Err(Refusal::own(StatusCode::BAD_REQUEST, "invalid_samples", message))
        }
        "image/png" => {
            let media = draw(request, 0);
            Ok(Answer::bytes(media.media_type, media.bytes)
                .with_header(HeaderName::from_static("finish-reason"), finish_reason(request))
                .with_header(HeaderName::from_static("seed"), &seed(request, 0).to_string()))
        }
        other => Err(Refusal::not_allowed("accept", other, "one of 'application/json', 'image/png'")),
    }
}

fn artifact(request: &GenerationRequest, index: i64) -> Value {
    json!({
        "base64": BASE64_STANDARD.encode(draw(request, index).bytes),
        "seed": seed(request, index),
        "finishReason": finish_reason(request),
    })
}

fn draw(request: &GenerationRequest, index: i64) -> Media {
    PictureFormat::Png.draw(request.size, &format!("{} {}", seed(request, index), request.prompt))
}

/// The seed that was asked for, or one that follows from the prompt; each picture has the next one.
fn seed(request: &GenerationRequest, index: i64) -> i64 {
    let followed = i64::from(u32::try_from(hash(&request.prompt) >> 32).unwrap_or(1));
    (request.seed.unwrap_or(followed) + index) % (i64::from(u32::MAX) + 1)
}

fn finish_reason(request: &GenerationRequest) -> &'static str {
    if is_filtered(&request.prompt) { "CONTENT_FILTERED" } else { "SUCCESS" }
}

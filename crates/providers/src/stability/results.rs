//! What Stability made, in our words.

use fourfold_clients::stability::{FinishReason, Generated};
use fourfold_domain::{Output, OutputSource, Outputs, ProviderError, Quantity, Unit};
use serde_json::{Map, Value, json};

use super::{CODES, CONTENT_FILTERED};
use crate::classify::{empty, verdict};
use crate::facts::facts;
use crate::fetch;

/// What holds where neither the request nor the answer says it, from the vendor's page.
const FORMAT: &str = "png";

/// What the vendor made, unless it says that it didn't: what its filter has blurred is refused, though it comes as a
/// success.
pub(super) fn judged(generated: Generated) -> Result<Generated, ProviderError> {
    let (code, words) = match generated.finish_reason {
        Some(FinishReason::ContentFiltered) => {
            (CONTENT_FILTERED, "the vendor's filter has blurred the picture")
        }
        Some(FinishReason::Error) => ("ERROR", "the vendor has made no picture"),
        _ => return Ok(generated),
    };
    Err(ProviderError { vendor: said(&generated), ..verdict(CODES, Some(code), Some(words)) })
}

/// The picture, of the format that was asked for. It is read whole and at once: the vendor wants to be asked for a
/// result no more than once in 10 s.
pub(super) async fn outputs(generated: Generated, format: Option<&str>) -> Result<Outputs, ProviderError> {
    let vendor = said(&generated);
    let media_type = generated.media.media_type.filter(|media_type| media_type.starts_with("image/"));
    let media_type = media_type.unwrap_or_else(|| format!("image/{}", format.unwrap_or(FORMAT)));
    let bytes = fetch::whole(CODES, generated.media.body).await?;
    if bytes.is_empty() {
        return Err(ProviderError { vendor, ..empty("the vendor answered without a picture") });
    }
    Ok(Outputs {
        items: vec![Output { media_type, source: OutputSource::Bytes(bytes) }],
        quantities: vec![Quantity::new(Unit::Image, 1)],
        missing: None,
        vendor,
    })
}

fn said(generated: &Generated) -> Map<String, Value> {
    let finish_reason = generated.finish_reason.as_ref().map(|reason| reason.as_str().to_owned());
    let mut said =
        facts([("finish_reason", finish_reason), ("request_id", generated.media.request_id.clone())]);
    said.extend(generated.seed.map(|seed| ("seed".to_owned(), json!(seed))));
    said
}

//! What is asked of an image model that isn't OpenAI's.

use http::StatusCode;
use serde_json::Value;

use super::family::Family;
use super::size::size;
use crate::call::Fields;
use crate::content::is_filtered;
use crate::media::{Media, PictureFormat, Size};
use crate::refusal::Refusal;

/// A request for pictures that keeps to the rules.
pub(super) struct ImageRequest {
    pub(super) prompt: String,
    pub(super) count: i64,
    pub(super) size: Size,
}

impl ImageRequest {
    pub(super) fn read(family: Family, fields: &Fields) -> Result<Self, Refusal> {
        let prompt = fields.bounded_text("prompt", PROMPT_LENGTH_MAX)?.to_owned();
        fields.one_of("quality", family.qualities())?;
        check_references(fields)?;
        if family.is_flux() {
            fields.integer("safety_tolerance", 0..=6)?;
        }
        Ok(Self { prompt, count: fields.integer("n", 1..=10)?.unwrap_or(1), size: size(family, fields)? })
    }

    /// The same, unless the filter catches it.
    pub(super) fn unfiltered(self) -> Result<Self, Refusal> {
        if is_filtered(&self.prompt) {
            let message = "Your request was rejected by the safety system.";
            return Err(Refusal::own(StatusCode::BAD_REQUEST, "moderation_blocked", message));
        }
        Ok(self)
    }

    pub(super) fn picture(&self, index: i64) -> Media {
        PictureFormat::Png.draw(self.size, &format!("{index} {}", self.prompt))
    }
}

/// As long as the longest that any of the vendors behind it takes; the page has no number.
const PROMPT_LENGTH_MAX: usize = 32_000;

/// Pictures to begin with: a link, or links.
fn check_references(fields: &Fields) -> Result<(), Refusal> {
    match fields.value("image") {
        None | Some(Value::String(_)) => Ok(()),
        Some(Value::Array(links)) if links.iter().all(Value::is_string) => Ok(()),
        Some(other) => Err(Refusal::wrong_type("image", "a string or an array of strings", other)),
    }
}

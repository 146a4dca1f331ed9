//! Fields that the families share.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::size::pixels;
use crate::call::Fields;
use crate::media::Size;
use crate::refusal::Refusal;

/// What a video shows, in at most as many characters as any of the vendors takes.
pub(super) fn prompt(fields: &Fields) -> Result<String, Refusal> {
    fields.bounded_text("prompt", 32_000).map(str::to_owned)
}

/// A length in seconds, as text or as a number: the page says text, some channels want a number.
pub(super) fn seconds(fields: &Fields, field: &str) -> Result<Option<i64>, Refusal> {
    const ALLOWED: RangeInclusive<i64> = 1..=60;
    let Some(Value::String(text)) = fields.value(field) else { return fields.integer(field, ALLOWED) };
    let number = text.parse().ok().filter(|number| ALLOWED.contains(number));
    number.map(Some).ok_or_else(|| Refusal::not_allowed(field, text, "whole seconds from '1' to '60'"))
}

/// A length that must be one of these.
pub(super) fn seconds_of(fields: &Fields, field: &str, allowed: &[i64]) -> Result<Option<i64>, Refusal> {
    match seconds(fields, field)? {
        Some(number) if !allowed.contains(&number) => {
            let list = allowed.iter().map(|number| format!("'{number}'")).collect::<Vec<_>>().join(", ");
            Err(Refusal::not_allowed(field, number, list))
        }
        number => Ok(number),
    }
}

pub(super) fn size(field: &str, text: &str) -> Result<Size, Refusal> {
    pixels(text).ok_or_else(|| Refusal::not_allowed(field, text, "pixels such as '1280x720'"))
}

/// The fields below this one, where it is an object.
pub(super) fn object(fields: &Fields, field: &str) -> Option<Fields> {
    fields.value(field).and_then(Value::as_object).map(|object| Fields::Json(object.clone()))
}

pub(super) fn has_reference(fields: &Fields) -> bool {
    fields.has("input_reference")
}

/// The picture that a video begins with, where it comes as a file.
pub(super) fn check_reference(fields: &Fields) -> Result<(), Refusal> {
    let kinds = ["image/jpeg", "image/png", "image/webp"];
    for file in fields.files("input_reference") {
        let kind = file.media_type.as_deref().unwrap_or("application/octet-stream");
        if !kinds.contains(&kind) {
            return Err(Refusal::not_allowed("input_reference", kind, kinds.join(", ")));
        }
    }
    Ok(())
}

//! `/v1/generation/…`: pictures by the older engines.

mod answer;
mod request;

use http::StatusCode;

use super::rules;
use crate::answer::Answer;
use crate::call::Call;
use crate::media::Size;
use crate::refusal::Refusal;
use crate::vendors::ModelKind;
use request::GenerationRequest;

/// `POST /v1/generation/{engine_id}/text-to-image`: in JSON.
pub(super) fn text_to_image(call: &Call<'_>) -> Result<Answer, Refusal> {
    check_engine(call)?;
    let fields = call.json_fields()?;
    let size = request::size(&fields)?;
    answer::answer(call, &GenerationRequest::of_json(&fields, size)?)
}

/// `POST /v1/generation/{engine_id}/image-to-image`.
pub(super) fn image_to_image(call: &Call<'_>) -> Result<Answer, Refusal> {
    check_engine(call)?;
    let fields = rules::read(call, &[])?;
    let size = rules::measured(&fields, "init_image", u32::MAX)?;
    if fields.one_of("init_image_mode", &["IMAGE_STRENGTH", "STEP_SCHEDULE"])? == Some("STEP_SCHEDULE") {
        fields.number("step_schedule_start", 0.0..=1.0)?;
        fields.number("step_schedule_end", 0.0..=1.0)?;
    } else {
        fields.number("image_strength", 0.0..=1.0)?;
    }
    answer::answer(call, &GenerationRequest::of_form(&fields, size)?)
}

/// `POST /v1/generation/{engine_id}/image-to-image/upscale`: to one new side.
pub(super) fn upscale(call: &Call<'_>) -> Result<Answer, Refusal> {
    check_engine(call)?;
    let fields = rules::read(call, &[])?;
    let size = rules::measured(&fields, "image", u32::MAX)?;
    let side = |field| Ok(fields.integer(field, 512..=16_384)?.and_then(|side| u16::try_from(side).ok()));
    let scaled = |side: u16, by: u16, of: u16| {
        u16::try_from(u32::from(side) * u32::from(by) / u32::from(of)).unwrap_or(u16::MAX)
    };
    let size = match (side("width")?, side("height")?) {
        (Some(width), None) => Size::new(width, scaled(size.height, width, size.width)),
        (None, Some(height)) => Size::new(scaled(size.width, height, size.height), height),
        _ => Size::new(size.width.saturating_mul(2), size.height.saturating_mul(2)),
    };
    if fields.has("width") && fields.has("height") {
        return Err(Refusal::unsupported("width", "only one of width and height may be given"));
    }
    if u32::from(size.width) * u32::from(size.height) > 4_194_304 {
        let message = "the result would have more than 4194304 pixels";
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "invalid_pixel_count", message));
    }
    answer::answer(call, &GenerationRequest::without_prompt(&fields, size)?)
}

/// `POST /v1/generation/{engine_id}/image-to-image/masking`.
pub(super) fn masking(call: &Call<'_>) -> Result<Answer, Refusal> {
    check_engine(call)?;
    let fields = rules::read(call, &[])?;
    let size = rules::measured(&fields, "init_image", u32::MAX)?;
    let sources = ["MASK_IMAGE_WHITE", "MASK_IMAGE_BLACK", "INIT_IMAGE_ALPHA"];
    match fields.one_of("mask_source", &sources)? {
        None => return Err(Refusal::missing("mask_source")),
        Some("INIT_IMAGE_ALPHA") => {}
        Some(_) => drop(rules::measured(&fields, "mask_image", u32::MAX)?),
    }
    answer::answer(call, &GenerationRequest::of_form(&fields, size)?)
}

fn check_engine(call: &Call<'_>) -> Result<(), Refusal> {
    call.model(call.params.get("engine_id"), |kind| kind == ModelKind::Image).map(|_kind| ())
}

//! What is asked of an image model.

use http::StatusCode;

use crate::call::{Call, Fields};
use crate::content::is_filtered;
use crate::media::{PictureFormat, Size};
use crate::refusal::Refusal;
use crate::vendors::ModelKind;

/// A request for pictures that keeps to the rules.
pub(super) struct ImageRequest {
    pub(super) prompt: String,
    pub(super) count: i64,
    pub(super) size: Size,
    pub(super) quality: &'static str,
    pub(super) background: &'static str,
    pub(super) output_format: &'static str,
    pub(super) format: PictureFormat,
    pub(super) is_streamed: bool,
    pub(super) partial_images: i64,
    /// How many pictures it brings.
    pub(super) input_images: usize,
}

impl ImageRequest {
    pub(super) fn read(call: &Call<'_>, fields: &Fields) -> Result<Self, Refusal> {
        let prompt = fields.bounded_text("prompt", 32_000)?.to_owned();
        let model = fields.text("model")?.unwrap_or("gpt-image-2");
        call.model(model, |kind| kind == ModelKind::Image)?;
        for retired in ["response_format", "style"] {
            if fields.has(retired) {
                return Err(Refusal::unsupported(retired, format!("Unknown parameter: '{retired}'.")));
            }
        }
        let output_format = fields.one_of("output_format", &["png", "jpeg", "webp"])?.unwrap_or("png");
        let background = fields.one_of("background", &["auto", "opaque", "transparent"])?;
        if background == Some("transparent") && output_format == "jpeg" {
            return Err(Refusal::not_allowed("background", "transparent", "'auto', 'opaque' with jpeg"));
        }
        if fields.integer("output_compression", 0..=100)?.is_some_and(|percent| percent < 100)
            && output_format == "png"
        {
            return Err(Refusal::not_allowed("output_compression", "below 100", "100 with png"));
        }
        fields.one_of("moderation", &["auto", "low"])?;
        if is_filtered(&prompt) {
            let message = "Your request was rejected by the safety system.";
            return Err(Refusal::own(StatusCode::BAD_REQUEST, "moderation_blocked", message));
        }
        let is_streamed = fields.flag("stream")?;
        let partial_images = fields.integer("partial_images", 0..=3)?;
        if partial_images.is_some() && !is_streamed {
            return Err(Refusal::unsupported(
                "partial_images",
                "The 'partial_images' parameter is only allowed when 'stream' is enabled.",
            ));
        }
        Ok(Self {
            prompt,
            count: fields.integer("n", 1..=10)?.unwrap_or(1),
            size: size(fields.text("size")?.unwrap_or("auto"))?,
            quality: quality(fields, model)?,
            background: if background == Some("transparent") { "transparent" } else { "opaque" },
            output_format,
            format: PictureFormat::parse(output_format).unwrap_or(PictureFormat::Png),
            is_streamed,
            partial_images: partial_images.unwrap_or(0),
            input_images: 0,
        })
    }
}

fn quality(fields: &Fields, model: &str) -> Result<&'static str, Refusal> {
    let newest = ["auto", "low", "medium", "high", "xhigh", "max"];
    let known = if model.starts_with("gpt-image-2.5") { &newest[..] } else { &newest[..4] };
    Ok(match fields.one_of("quality", known)? {
        None | Some("auto") => "high",
        Some(quality) => quality,
    })
}

fn size(text: &str) -> Result<Size, Refusal> {
    if text == "auto" {
        return Ok(Size::new(1024, 1024));
    }
    let allowed = |size: &Size| {
        let (long, short) = (size.width.max(size.height), size.width.min(size.height));
        size.width.is_multiple_of(16)
            && size.height.is_multiple_of(16)
            && short > 0
            && long <= 3 * short
            && long <= 3840
            && short <= 2160
    };
    Size::parse(text).filter(allowed).ok_or_else(|| {
        let words = "'auto', or 'WIDTHxHEIGHT', both divisible by 16, \
                     at a ratio from 1:3 to 3:1, at most 3840x2160";
        Refusal::not_allowed("size", text, words)
    })
}

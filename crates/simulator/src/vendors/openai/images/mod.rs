//! `/v1/images/…`: pictures from words, and from other pictures.

mod answer;
mod request;

use http::StatusCode;
use serde_json::Value;

use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::refusal::{OwnRefusal, Problem, Refusal};
use request::ImageRequest;

/// `POST /v1/images/generations`.
pub(in super::super) fn generate(call: &Call<'_>) -> Result<Answer, Refusal> {
    let request = ImageRequest::read(call, &call.json_fields()?)?;
    Ok(answer::answer(call, &request, "image_generation"))
}

/// `POST /v1/images/edits`: pictures as files of a form, or as links in JSON.
pub(in super::super) fn edit(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.fields()?;
    let mut request = ImageRequest::read(call, &fields)?;
    fields.one_of("input_fidelity", &["high", "low"])?;
    request.input_images = match &fields {
        Fields::Form(_) => files(&fields)?,
        Fields::Json(_) => links(&fields)?,
    };
    Ok(answer::answer(call, &request, "image_edit"))
}

/// Pictures that were made, for vendors that write them down in another way.
pub(in crate::vendors) struct Made {
    /// In base64.
    pub(in crate::vendors) pictures: Vec<String>,
    pub(in crate::vendors) output_format: &'static str,
    pub(in crate::vendors) usage: Value,
}

/// The pictures that these fields ask for.
pub(in crate::vendors) fn make(call: &Call<'_>, fields: &Fields) -> Result<Made, Refusal> {
    let request = ImageRequest::read(call, fields)?;
    Ok(Made {
        pictures: answer::pictures(&request),
        output_format: request.output_format,
        usage: answer::usage(&request),
    })
}

const IMAGES_MAX: usize = 16;
const IMAGE_BYTES_MAX: usize = 50 << 20;
const MASK_BYTES_MAX: usize = 4 << 20;

fn files(fields: &Fields) -> Result<usize, Refusal> {
    let images = fields.files("image");
    if images.is_empty() {
        return Err(Refusal::missing("image"));
    }
    count(images.len(), "image")?;
    for image in images {
        let kind = image.media_type.as_deref().unwrap_or("application/octet-stream");
        if !["image/png", "image/jpeg", "image/webp"].contains(&kind) {
            return Err(Refusal::Own(OwnRefusal {
                status: StatusCode::BAD_REQUEST,
                code: "unsupported_file_mimetype",
                message: format!(
                    "Invalid file 'image': unsupported mimetype ('{kind}'). \
                     Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
                ),
                field: Some("image"),
            }));
        }
        length("image", image.bytes.len(), IMAGE_BYTES_MAX)?;
    }
    for mask in fields.files("mask") {
        length("mask", mask.bytes.len(), MASK_BYTES_MAX)?;
        if fields.has("markup") {
            return Err(Refusal::unsupported("markup", "'markup' cannot be used together with 'mask'."));
        }
    }
    Ok(fields.files("image").len())
}

fn links(fields: &Fields) -> Result<usize, Refusal> {
    let images = fields.list("images")?;
    if images.is_empty() {
        return Err(Refusal::missing("images"));
    }
    count(images.len(), "images")?;
    for (index, image) in images.iter().enumerate() {
        if !["image_url", "file_id"].iter().any(|key| image.get(key).is_some_and(|link| link.is_string())) {
            return Err(Refusal::missing(format!("images[{index}].image_url")));
        }
    }
    Ok(images.len())
}

fn count(images: usize, field: &str) -> Result<(), Refusal> {
    length(field, images, IMAGES_MAX)
}

fn length(field: &str, length: usize, length_max: usize) -> Result<(), Refusal> {
    if length > length_max {
        return Err(Refusal::Field(field.into(), Problem::TooLong { length, length_max }));
    }
    Ok(())
}

//! Pictures on OpenAI's wire.

use fourfold_clients::File;
use fourfold_clients::openai as wire;
use fourfold_domain::{
    ImageRequest, InvalidInput, MediaReader, Output, OutputSource, Outputs, ProviderError, Quantity,
};
use serde_json::{Map, Value, json};

use crate::classify::{Codes, classify, empty};
use crate::media_input::Handed;
use crate::picture_type;

/// The largest picture that is taken, from the vendor's page.
const IMAGE_BYTES_MAX: usize = 50_000_000;

/// The most that is drawn, and how much longer one side may be than the other, from the vendor's page.
const PIXELS_MAX: u64 = 3840 * 2160;
const RATIO_MAX: u32 = 3;

/// What depends on several fields at once.
pub(crate) fn check(image: &ImageRequest) -> Result<(), InvalidInput> {
    let not_allowed =
        |field: &'static str, allowed: &'static str| Err(InvalidInput::not_allowed(field, allowed));
    check_mask(image)?;
    if let Some(size) = image.size {
        let [width, height] = size.sides();
        let is_narrow = width.max(height) > RATIO_MAX * width.min(height);
        if is_narrow || u64::from(width) * u64::from(height) > PIXELS_MAX {
            return not_allowed(
                "input.size",
                "must have at most 3840x2160 pixels, and no side may be more than 3 times the other",
            );
        }
    }
    let format = image.format.as_deref().unwrap_or("png");
    if format == "jpeg"
        && image.extras.get("background").is_some_and(|background| background == "transparent")
    {
        return not_allowed("input.background", "can be transparent only where the format is png or webp");
    }
    if format == "png" && image.extras.get("output_compression").is_some_and(|kept| !kept.is_null()) {
        return not_allowed("input.output_compression", "needs the format jpeg or webp");
    }
    Ok(())
}

/// A mask without a picture would be left out without a word.
pub(crate) fn check_mask(image: &ImageRequest) -> Result<(), InvalidInput> {
    if image.mask.is_some() && image.images.is_empty() {
        return Err(InvalidInput::not_allowed(
            "input.mask",
            "needs the picture that it is of, in input.image",
        ));
    }
    Ok(())
}

/// The request on the wire.
pub(crate) fn request(image: &ImageRequest, vendor_model: &str) -> wire::ImageRequest {
    let mut request = wire::ImageRequest::new(vendor_model, &*image.prompt);
    request.n = Some(image.n);
    request.size = image.size.map(|size| size.to_string());
    request.quality.clone_from(&image.quality);
    request.output_format.clone_from(&image.format);
    // What OpenAI itself doesn't take, for vendors whose configuration says that they do.
    request.extra.extend(given([
        ("negative_prompt", image.negative_prompt.clone().map(Value::from)),
        ("aspect_ratio", image.aspect_ratio.clone().map(Value::from)),
        ("resolution", image.resolution.clone().map(Value::from)),
        ("seed", image.seed.map(Value::from)),
    ]));
    request.extra.extend(image.extras.clone());
    request
}

/// Those of the fields that are there.
pub(crate) fn given<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The request for an edit on the wire, with the pictures that it works from.
pub(crate) async fn edit_request(
    image: &ImageRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<wire::ImageEditRequest, ProviderError> {
    let mut images = Vec::with_capacity(image.images.len());
    for input in &image.images {
        images.push(file(Handed::read(media, input, IMAGE_BYTES_MAX).await?));
    }
    let mut edit = wire::ImageEditRequest::new(request(image, vendor_model), images);
    if let Some(mask) = &image.mask {
        edit = edit.mask(file(Handed::read(media, mask, IMAGE_BYTES_MAX).await?));
    }
    Ok(edit)
}

pub(super) fn file(handed: Handed) -> File {
    File::new(handed.file_name(), handed.media_type, handed.bytes)
}

/// What an answer says in our words.
pub(crate) fn outputs(
    codes: Codes,
    image: &ImageRequest,
    images: wire::Images,
) -> Result<Outputs, ProviderError> {
    let format = images.output_format.as_deref().or(image.format.as_deref());
    let media_type = format!("image/{}", format.unwrap_or("png"));
    let mut vendor = Map::new();
    if let Some(usage) = images.usage {
        vendor.insert("usage".to_owned(), serde_json::to_value(usage).unwrap_or(Value::Null));
    }
    delivered(codes, image.quantity(image.n), images.data, &media_type, vendor)
}

/// The pictures that came of so many that were asked for. They are of this type where they don't tell it themselves.
pub(crate) fn delivered(
    codes: Codes,
    asked: Quantity,
    pictures: Vec<wire::Image>,
    media_type: &str,
    mut vendor: Map<String, Value>,
) -> Result<Outputs, ProviderError> {
    let mut items = Vec::with_capacity(pictures.len());
    let mut revised = Vec::new();
    for picture in pictures {
        let bytes = picture.bytes().map_err(|error| classify(codes, error))?;
        let (told, source) = match (bytes, picture.url) {
            (Some(bytes), _) => (picture_type::of_bytes(&bytes), OutputSource::Bytes(bytes)),
            (None, Some(url)) => (picture_type::of_link(&url), OutputSource::Link(url)),
            (None, None) => continue,
        };
        revised.extend(picture.revised_prompt);
        items.push(Output { media_type: told.unwrap_or(media_type).to_owned(), source });
    }
    if items.is_empty() {
        return Err(empty("the vendor answered without a picture"));
    }
    let count = asked.count.min(items.len() as u64);
    let missing =
        (count < asked.count).then(|| format!("the vendor made {count} of {} pictures", asked.count));
    if !revised.is_empty() {
        vendor.insert("revised_prompts".to_owned(), json!(revised));
    }
    Ok(Outputs { items, quantities: vec![Quantity { count, ..asked }], missing, vendor })
}

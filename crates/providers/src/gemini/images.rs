//! Pictures, by models that draw in their contents. One is made a call.

use fourfold_clients::gemini as wire;
use fourfold_domain::{ImageRequest, MediaReader, Output, OutputSource, Outputs, ProviderError};

use super::inline::{self, Inline};
use super::{safety, said};

/// The request on the wire, the pictures to work from before the words.
pub(super) async fn request(
    image: &ImageRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<wire::GenerateContentRequest, ProviderError> {
    let mut inline = Inline::new(media);
    let mut parts = Vec::with_capacity(image.images.len() + 1);
    for input in &image.images {
        parts.push(inline::part(&inline.read_kind(input, "image", "input.image").await?));
    }
    parts.push(wire::Part::of_text(&*image.prompt));
    let mut picture = wire::ImageConfig::default();
    picture.aspect_ratio.clone_from(&image.aspect_ratio);
    picture.image_size.clone_from(&image.resolution);
    let mut request = wire::GenerateContentRequest::new(vendor_model, [wire::Content::user(parts)]);
    request.generation_config = Some(wire::GenerationConfig::default().image_config(picture));
    request.safety_settings = safety::settings(&image.extras);
    Ok(request)
}

/// What an answer says in our words.
pub(super) fn outputs(
    image: &ImageRequest,
    response: &wire::GenerateContentResponse,
) -> Result<Outputs, ProviderError> {
    if let Some(blocked) = safety::blocked(response) {
        return Err(blocked);
    }
    let mut items = Vec::new();
    for picture in response.media() {
        let source = OutputSource::Bytes(picture.bytes().map_err(said)?);
        items.push(Output { media_type: picture.mime_type.clone(), source });
    }
    if items.is_empty() {
        return Err(safety::nothing(response, "a picture"));
    }
    let vendor = safety::facts_with_usage(response);
    Ok(Outputs { items, quantities: vec![image.quantity(1)], missing: None, vendor })
}

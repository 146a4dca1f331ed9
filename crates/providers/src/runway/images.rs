//! Pictures from Runway.

use fourfold_clients::runway::{Generation, Picture, TextToImageRequest};
use fourfold_domain::{ImageRequest, InvalidInput, MediaInput, ProviderError};

use super::assets::{Courier, Kind};
use super::fields;
use super::models::ImageModel;
use super::tasks::Work;
use crate::classify::invalid;

/// The request on the wire, and what a poll has to know of it.
pub(super) async fn request(
    model: &ImageModel,
    image: &ImageRequest,
    courier: Courier<'_>,
) -> Result<(Generation, Work), ProviderError> {
    model.check(image).map_err(|mistake: InvalidInput| invalid(mistake.to_string()))?;
    let mut request = TextToImageRequest::new(model.name, &*image.prompt);
    let asked = image.size.map(|size| format!("{}:{}", size.width, size.height));
    request.ratio = asked.or_else(|| model.usual_size().map(str::to_owned));
    request.quality.clone_from(&image.quality);
    request.output_count = Some(image.n).filter(|n| *n > 1);
    request.output_format.clone_from(&image.format);
    request.seed = fields::seed(image.seed)?;
    request.extra = fields::on_the_wire(&image.extras);
    let pictures = pictures(model, &image.images, courier).await?;
    request.reference_images = Some(pictures).filter(|pictures| !pictures.is_empty());
    if let Some(mask) = &image.mask {
        request.mask_uri = Some(courier.uri("input.mask", mask, Kind::Picture).await?);
    }
    let media_type = format!("image/{}", model.format(image));
    Ok((request.into(), Work { quantity: image.quantity(image.n), media_type }))
}

async fn pictures(
    model: &ImageModel,
    images: &[MediaInput],
    courier: Courier<'_>,
) -> Result<Vec<Picture>, ProviderError> {
    let mut pictures = Vec::with_capacity(images.len());
    for (place, image) in images.iter().enumerate() {
        let picture = Picture::new(courier.uri("input.image", image, Kind::Picture).await?);
        // The prompt may name it so.
        pictures.push(if model.has_tags { picture.tag(format!("image_{}", place + 1)) } else { picture });
    }
    Ok(pictures)
}

//! Pictures, by two ways: OpenAI's routes, and one route for all models (`/models/{vendor}/{model}/predictions`), where
//! some take a while.

use std::time::Duration;

use fourfold_clients::aihubmix::{Prediction, PredictionInput, PredictionRequest};
use fourfold_clients::openai as wire;
use fourfold_domain::{
    ImageRequest, InvalidInput, MediaReader, Outputs, Poll, ProviderError, Quantity, Reason, Started,
    UpstreamTask,
};
use serde_json::{Map, Value};

use super::CODES;
use super::errors::verdict;
use super::task::Task;
use crate::classify::empty;
use crate::media_input::url;
use crate::openai::images;

/// A picture takes seconds; the vendor's page names no pace.
const POLL_AFTER: Duration = Duration::from_secs(3);

/// The largest picture that is taken. The page has no number; this is OpenAI's.
const IMAGE_BYTES_MAX: usize = 50_000_000;

/// The vendor's name in the path of a model's predictions. The page names only OpenAI's; the others are what clients of
/// the vendor's use. Models without one go by OpenAI's routes.
pub(super) fn path_vendor(vendor_model: &str) -> Option<&'static str> {
    let is_of = |family: &str| vendor_model.to_lowercase().starts_with(family);
    match vendor_model {
        "qwen-image" | "qwen-image-edit" => Some("qianfan"),
        "V3" => Some("ideogram"),
        _ if is_of("irag-") || is_of("ernie-irag") => Some("qianfan"),
        _ if is_of("doubao-seedream-") => Some("doubao"),
        _ if is_of("flux") => Some("bfl"),
        _ => None,
    }
}

/// What the table can't say.
pub(super) fn check(image: &ImageRequest) -> Result<(), InvalidInput> {
    if image.extras.contains_key("input_fidelity") && image.images.is_empty() {
        let allowed = "must be left out where no image is given";
        return Err(InvalidInput::not_allowed("input.input_fidelity", allowed));
    }
    Ok(())
}

/// The request on the route for all models.
pub(super) async fn prediction(
    image: &ImageRequest,
    path_vendor: &str,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<PredictionRequest, ProviderError> {
    let mut input = PredictionInput::new(&*image.prompt);
    input.n = Some(image.n).filter(|n| *n > 1);
    input.size = size(image, vendor_model);
    input.quality.clone_from(&image.quality);
    input.aspect_ratio.clone_from(&image.aspect_ratio);
    input.output_format.clone_from(&image.format);
    let mut links = Vec::with_capacity(image.images.len());
    for picture in &image.images {
        links.push(Value::from(url(media, picture, IMAGE_BYTES_MAX).await?));
    }
    input.image = match links.len() {
        0 => None,
        1 => links.pop(),
        _ => Some(Value::from(links)),
    };
    input.extra.extend(images::given([
        ("negative_prompt", image.negative_prompt.clone().map(Value::from)),
        ("seed", image.seed.map(Value::from)),
    ]));
    input.extra.extend(image.extras.clone());
    Ok(PredictionRequest::new(path_vendor, vendor_model, input))
}

/// The request on OpenAI's routes, with the sizes of the model's own vendor.
pub(super) fn request(image: &ImageRequest, vendor_model: &str) -> wire::ImageRequest {
    adapted(images::request(image, vendor_model), image, vendor_model)
}

/// The same for an edit.
pub(super) async fn edit_request(
    image: &ImageRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<wire::ImageEditRequest, ProviderError> {
    let mut edit = images::edit_request(image, vendor_model, media).await?;
    edit.request = adapted(edit.request, image, vendor_model);
    Ok(edit)
}

fn adapted(mut request: wire::ImageRequest, image: &ImageRequest, vendor_model: &str) -> wire::ImageRequest {
    request.size = size(image, vendor_model);
    // It is the size.
    request.extra.remove("resolution");
    request
}

/// Pixels, which Alibaba writes with a `*`, or a tier.
fn size(image: &ImageRequest, vendor_model: &str) -> Option<String> {
    let is_alibaba = ["qwen-image", "wan"].iter().any(|family| vendor_model.starts_with(family));
    let pixels = image.size.map(|size| match is_alibaba {
        true => format!("{}*{}", size.width, size.height),
        false => size.to_string(),
    });
    pixels.or_else(|| image.resolution.clone())
}

/// How the vendor took it on the route for all models.
pub(super) fn started(
    prediction: Prediction,
    asked: Quantity,
    vendor_model: &str,
) -> Result<Started, ProviderError> {
    if !prediction.images().is_empty() {
        return outputs(prediction, asked).map(Started::Done);
    }
    if let Some(task) = prediction.tasks().into_iter().next() {
        let id = Task::of_prediction(task, asked).into_id()?;
        let vendor_model = vendor_model.to_owned();
        return Ok(Started::Task(UpstreamTask { id, vendor_model, poll_after: POLL_AFTER }));
    }
    match &prediction.status {
        Some(status) if status.is_failed() => Err(failed(&prediction)),
        _ => Err(empty("the vendor answered without a picture")),
    }
}

/// How a task stands, in our words.
pub(super) fn poll(prediction: Prediction, asked: Quantity) -> Result<Poll, ProviderError> {
    let is_there = !prediction.images().is_empty();
    match &prediction.status {
        Some(status) if status.as_str().eq_ignore_ascii_case("task not found") => {
            Err(ProviderError { reason: Reason::NotFound, ..failed(&prediction) })
        }
        Some(status) if status.is_failed() => Ok(Poll::Failed(failed(&prediction))),
        Some(status) if status.is_completed() => {
            Ok(outputs(prediction, asked).map_or_else(Poll::Failed, Poll::Done))
        }
        // An answer without a status may be the pictures themselves.
        None if is_there => Ok(outputs(prediction, asked).map_or_else(Poll::Failed, Poll::Done)),
        _ => Ok(Poll::Running { progress: None, poll_after: POLL_AFTER }),
    }
}

fn failed(prediction: &Prediction) -> ProviderError {
    verdict(prediction.failure_code().as_deref(), prediction.failure_message().as_deref())
}

fn outputs(prediction: Prediction, asked: Quantity) -> Result<Outputs, ProviderError> {
    let usage = prediction.usage.clone().map(|usage| ("usage".to_owned(), usage));
    let vendor = Map::from_iter(usage);
    images::delivered(CODES, asked, prediction.images(), "image/png", vendor)
}

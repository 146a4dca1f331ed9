//! Videos on OpenAI's wire.

use std::time::Duration;

use fourfold_clients::openai as wire;
use fourfold_domain::{
    MediaReader, Output, OutputSource, Outputs, Poll, ProviderError, Quantity, Started, Unit, UpstreamTask,
    VideoRequest,
};
use serde_json::Value;

use super::images::{file, given};
use crate::classify::{Codes, invalid, verdict};
use crate::facts::facts;
use crate::media_input::Handed;

/// The vendor's guide says every 10 to 20 s.
const POLL_AFTER: Duration = Duration::from_secs(10);

/// The largest picture that is taken.
const IMAGE_BYTES_MAX: usize = 50_000_000;

/// The request on the wire.
pub(crate) async fn request(
    video: &VideoRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<wire::VideoRequest, ProviderError> {
    let prompt = video.prompt.as_deref().ok_or_else(|| invalid("input.prompt is required by this model"))?;
    let mut request = wire::VideoRequest::new(prompt).model(vendor_model).seconds(video.seconds.to_string());
    request.size = video.size.map(|size| size.to_string());
    if let Some(image) = &video.image {
        request.input_reference = Some(file(Handed::read(media, image, IMAGE_BYTES_MAX).await?));
    }
    // What OpenAI itself didn't take, for vendors whose configuration says that they do.
    request.extra.extend(given([
        ("aspect_ratio", video.aspect_ratio.clone().map(Value::from)),
        ("resolution", video.resolution.clone().map(Value::from)),
        ("seed", video.seed.map(Value::from)),
        ("audio", video.audio.map(Value::from)),
    ]));
    request.extra.extend(video.extras.clone());
    Ok(request)
}

/// The task that the vendor has taken.
pub(crate) fn started(video: &wire::Video, vendor_model: &str) -> Started {
    Started::Task(UpstreamTask {
        id: video.id.clone(),
        vendor_model: vendor_model.to_owned(),
        poll_after: POLL_AFTER,
    })
}

/// How a task stands, in our words.
pub(crate) fn poll(codes: Codes, video: wire::Video) -> Poll {
    match video.status {
        Some(wire::VideoStatus::Completed) => Poll::Done(outputs(video)),
        Some(wire::VideoStatus::Failed) => {
            let error = video.error.unwrap_or_default();
            Poll::Failed(verdict(codes, error.code.as_deref(), error.message.as_deref()))
        }
        // A status that nobody knows isn't an end.
        _ => Poll::Running { progress: video.progress.map(percent), poll_after: POLL_AFTER },
    }
}

fn outputs(video: wire::Video) -> Outputs {
    let seconds = video.seconds.as_deref().and_then(|seconds| seconds.parse().ok());
    let quantity = seconds.map(|seconds| {
        let quantity = Quantity::new(Unit::VideoSecond, seconds);
        match &video.size {
            Some(size) => quantity.with("size", size.clone()),
            None => quantity,
        }
    });
    Outputs {
        items: vec![Output { media_type: "video/mp4".to_owned(), source: OutputSource::Handle(video.id) }],
        quantities: quantity.into_iter().collect(),
        missing: None,
        vendor: facts([("model", video.model), ("size", video.size)]),
    }
}

fn percent(progress: f64) -> u8 {
    progress.clamp(0.0, 100.0) as u8
}

//! Videos: one route for the models of many vendors, each with fields of its own.

use std::time::Duration;

use fourfold_clients::File;
use fourfold_clients::aihubmix::{Number, Video, VideoRequest};
use fourfold_domain::{
    MediaInput, MediaReader, Output, OutputSource, Outputs, Poll, ProviderError, Quantity, UpstreamTask,
};
use serde_json::{Value, json};

use super::errors::verdict;
use super::task::{Route, Task};
use crate::classify::invalid;
use crate::facts::facts;
use crate::media_input::{Handed, url};
use crate::openai::images::given;

/// The vendor's guide says every 15 s.
const POLL_AFTER: Duration = Duration::from_secs(15);

/// The largest picture that is taken. The page has no number; this is OpenAI's.
const IMAGE_BYTES_MAX: usize = 50_000_000;

/// Models with fields of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// A length as a number, a ratio and a tier instead of pixels, pictures among the content.
    Seedance,
    /// Pictures by their addresses.
    Kling,
    /// OpenAI's fields, and tiers as sizes.
    Other,
}

impl Family {
    fn of(vendor_model: &str) -> Self {
        let families = [("doubao-seedance-", Self::Seedance), ("kling-", Self::Kling)];
        let known = families.iter().find(|(beginning, _)| vendor_model.starts_with(beginning));
        known.map_or(Self::Other, |(_, family)| *family)
    }
}

/// The request on the wire.
pub(super) async fn request(
    video: &fourfold_domain::VideoRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<VideoRequest, ProviderError> {
    let prompt = video.prompt.as_deref().ok_or_else(|| invalid("input.prompt is required by this model"))?;
    let mut request = VideoRequest::new(vendor_model, prompt);
    match Family::of(vendor_model) {
        Family::Seedance => {
            request.duration = Some(video.seconds);
            request.ratio.clone_from(&video.aspect_ratio);
            request.resolution.clone_from(&video.resolution);
            let mut content = Vec::with_capacity(video.references.len());
            for reference in &video.references {
                let url = url(media, reference, IMAGE_BYTES_MAX).await?;
                let image = json!({"url": url});
                content.push(json!({"type": "image_url", "image_url": image, "role": "reference_image"}));
            }
            if !content.is_empty() {
                request.extra_body =
                    Some([("content".to_owned(), Value::from(content))].into_iter().collect());
            }
        }
        family => {
            request.seconds = Some(Number::from(video.seconds.to_string()));
            request.size = video.size.map(|size| size.to_string()).or_else(|| video.resolution.clone());
            request.aspect_ratio.clone_from(&video.aspect_ratio);
            match &video.image {
                Some(image) if family == Family::Kling => {
                    request.image = Some(url(media, image, IMAGE_BYTES_MAX).await?);
                }
                Some(image) => request.input_reference = Some(first_picture(media, image).await?),
                None => {}
            }
            if let Some(image) = &video.last_image {
                request.image_tail = Some(url(media, image, IMAGE_BYTES_MAX).await?);
            }
        }
    }
    // What only a model of the configuration takes.
    request
        .extra
        .extend(given([("seed", video.seed.map(Value::from)), ("audio", video.audio.map(Value::from))]));
    request.extra.extend(video.extras.clone());
    Ok(request)
}

async fn first_picture(media: &dyn MediaReader, image: &MediaInput) -> Result<File, ProviderError> {
    let handed = Handed::read(media, image, IMAGE_BYTES_MAX).await?;
    match handed.media_type.as_str() {
        "image/jpeg" | "image/png" | "image/webp" => {
            Ok(File::new(handed.file_name(), handed.media_type, handed.bytes))
        }
        other => Err(invalid(format!("input.image must be jpeg, png or webp, not {other}"))),
    }
}

/// The task that the vendor has taken.
pub(super) fn started(
    video: Video,
    asked: Quantity,
    vendor_model: &str,
) -> Result<UpstreamTask, ProviderError> {
    let id = Task { id: video.id, route: Route::Video, asked }.into_id()?;
    Ok(UpstreamTask { id, vendor_model: vendor_model.to_owned(), poll_after: POLL_AFTER })
}

/// How a task stands, in our words: the words of its channel are many.
pub(super) fn poll(video: Video, asked: Quantity) -> Poll {
    match &video.status {
        Some(status) if status.is_completed() => Poll::Done(outputs(video, asked)),
        Some(status) if status.is_failed() => Poll::Failed(verdict(
            video.failure_code().as_deref(),
            video.failure_message().or_else(|| Some(status.as_str().to_owned())).as_deref(),
        )),
        // A status that nobody knows isn't an end.
        _ => {
            let progress = video.progress.as_ref().and_then(Number::as_f64);
            Poll::Running { progress: progress.map(percent), poll_after: POLL_AFTER }
        }
    }
}

fn outputs(video: Video, asked: Quantity) -> Outputs {
    let told = [&video.duration, &video.seconds].into_iter().flatten().find_map(Number::as_f64);
    let told = told.filter(|seconds| *seconds > 0.0).map(|seconds| seconds.ceil() as u64);
    let source = match video.link() {
        Some(link) => OutputSource::Link(link.to_owned()),
        None => OutputSource::Handle(video.id),
    };
    let size = video.width.zip(video.height).map(|(width, height)| format!("{width}x{height}"));
    Outputs {
        items: vec![Output { media_type: MEDIA_TYPE.to_owned(), source }],
        quantities: vec![Quantity { count: told.unwrap_or(asked.count), ..asked }],
        missing: None,
        vendor: facts([("model", video.model), ("size", size.or(video.size))]),
    }
}

pub(super) const MEDIA_TYPE: &str = "video/mp4";

fn percent(progress: f64) -> u8 {
    progress.clamp(0.0, 100.0) as u8
}

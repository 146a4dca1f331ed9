//! Videos from Runway. The vendor's route follows from what is handed in.

use fourfold_clients::runway::{
    Asset, CharacterPerformanceRequest, Generation, ImageToVideoRequest, Picture, Pictures, Position,
    TextToVideoRequest, VideoToVideoRequest,
};
use fourfold_domain::{InvalidInput, ProviderError, VideoRequest};
use serde_json::json;

use super::assets::{Courier, Kind};
use super::fields;
use super::models::{VideoModel, Way};
use super::tasks::Work;
use crate::classify::invalid;

/// Gives a request what all routes have alike.
macro_rules! told {
    ($request:expr, $model:expr, $way:expr, $video:expr, $references:expr) => {{
        let (mut request, video): (_, &VideoRequest) = ($request, $video);
        let frame = $model.frame($way, video);
        request.prompt_text.clone_from(&video.prompt);
        request.ratio = frame.ratio;
        request.resolution = frame.resolution;
        request.duration = $model.takes_seconds($way).then(|| json!(video.seconds));
        request.audio = video.audio;
        request.seed = fields::seed(video.seed)?;
        request.references = $references;
        request.extra = fields::on_the_wire(&video.extras);
        request
    }};
}

/// The request on the wire, and what a poll has to know of it.
pub(super) async fn request(
    model: &VideoModel,
    video: &VideoRequest,
    courier: Courier<'_>,
) -> Result<(Generation, Work), ProviderError> {
    model.check(video).map_err(|mistake: InvalidInput| invalid(mistake.to_string()))?;
    let way = Way::of(video);
    let references = references(video, courier).await?;
    let mut seconds = video.seconds;
    let source = match &video.video {
        None => None,
        Some(source) if model.takes_seconds(way) => {
            Some(courier.uri("input.video", source, Kind::Video).await?)
        }
        Some(source) => {
            let film = courier.film("input.video", source, video.seconds).await?;
            seconds = film.seconds;
            Some(film.uri)
        }
    };
    let image = match &video.image {
        Some(image) => Some(courier.uri("input.image", image, Kind::Picture).await?),
        None => None,
    };
    let generation = match (image, source) {
        (None, None) => told!(TextToVideoRequest::new(model.name), model, way, video, references).into(),
        (Some(image), None) => {
            let frames = frames(image, video, courier).await?;
            told!(ImageToVideoRequest::new(model.name, frames), model, way, video, references).into()
        }
        (None, Some(source)) => {
            let mut request = told!(VideoToVideoRequest::new(model.name), model, way, video, references);
            request.target_aspect_ratio = model.frame(way, video).target_aspect_ratio;
            let field = if model.has_video_uri { &mut request.video_uri } else { &mut request.prompt_video };
            *field = Some(source);
            request.into()
        }
        (Some(image), Some(source)) => {
            let (character, reference) = (Asset::image(image), Asset::video(source));
            let mut request = CharacterPerformanceRequest::new(model.name, character, reference);
            request.ratio = model.frame(way, video).ratio;
            request.seed = fields::seed(video.seed)?;
            request.extra = fields::on_the_wire(&video.extras);
            request.into()
        }
    };
    let is_movie =
        video.extras.get("output_format").is_some_and(|format| format == "prores" || format == "mov");
    let media_type = if is_movie { "video/quicktime" } else { "video/mp4" };
    Ok((generation, Work { quantity: video.quantity(seconds), media_type: media_type.to_owned() }))
}

/// The picture that it begins with, and the one that it ends with.
async fn frames(
    first: String,
    video: &VideoRequest,
    courier: Courier<'_>,
) -> Result<Pictures, ProviderError> {
    let Some(last) = &video.last_image else { return Ok(Pictures::One(first)) };
    let last = courier.uri("input.last_image", last, Kind::Picture).await?;
    Ok([Picture::new(first).position(Position::First), Picture::new(last).position(Position::Last)].into())
}

async fn references(video: &VideoRequest, courier: Courier<'_>) -> Result<Option<Pictures>, ProviderError> {
    let mut pictures = Vec::with_capacity(video.references.len());
    for reference in &video.references {
        let uri = courier.uri("input.references", reference, Kind::Picture).await?;
        pictures.push(Picture::new(uri));
    }
    Ok(Some(pictures).filter(|pictures| !pictures.is_empty()).map(Pictures::Several))
}

//! Videos, by interactions in the background.

use std::time::Duration;

use fourfold_clients::gemini as wire;
use fourfold_clients::gemini::{InteractionContent, InteractionStatus};
use fourfold_clients::http::ClientError;
use fourfold_domain::{
    Cancelled, MediaReader, Output, OutputSource, Outputs, Poll, ProviderError, Quantity, Started,
    UpstreamTask, VideoRequest,
};
use serde_json::{Map, Value};

use super::inline::Inline;
use super::safety::{ended, fact, with_facts};
use super::said;
use crate::classify::{empty, unreadable};
use crate::task_id;

/// As the vendor's guide advises for what takes a while.
const POLL_AFTER: Duration = Duration::from_secs(10);

/// The request on the wire, the media to work from before the words.
pub(super) async fn request(
    video: &VideoRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<wire::InteractionRequest, ProviderError> {
    let given = video.image.iter().map(|image| (image, "image", "input.image"));
    let given = given.chain(video.references.iter().map(|image| (image, "image", "input.references")));
    let given = given.chain(video.video.iter().map(|video| (video, "video", "input.video")));
    let mut inline = Inline::new(media);
    let mut contents = Vec::new();
    for (input, kind, place) in given {
        let handed = inline.read_kind(input, kind, place).await?;
        contents.push(InteractionContent::of_bytes(kind, handed.media_type, handed.bytes));
    }
    contents.extend(video.prompt.as_deref().map(InteractionContent::of_text));
    // Only what is small could come within the answer.
    let mut film = wire::ResponseFormat::of_video().delivery("uri").duration(format!("{}s", video.seconds));
    film.aspect_ratio.clone_from(&video.aspect_ratio);
    film.resolution.clone_from(&video.resolution);
    Ok(wire::InteractionRequest::new(vendor_model, contents).response_format(film).background(true))
}

/// The interaction that the vendor has begun, or what became of it at once. What was asked for goes into the task's id,
/// since the vendor doesn't tell it again.
pub(super) fn started(
    video: &VideoRequest,
    vendor_model: &str,
    interaction: &wire::Interaction,
) -> Result<Started, ProviderError> {
    let asked = video.quantity(video.seconds);
    match poll(asked.clone(), interaction)? {
        Poll::Done(outputs) => Ok(Started::Done(outputs)),
        Poll::Failed(verdict) => Err(verdict),
        Poll::Running { poll_after, .. } => {
            let id = interaction.id.as_deref();
            let id = id.ok_or_else(|| unreadable("the vendor began a video without an id"))?;
            let (id, vendor_model) = (task_id::pack(id, &asked)?, vendor_model.to_owned());
            Ok(Started::Task(UpstreamTask { id, vendor_model, poll_after }))
        }
    }
}

/// How an interaction stands, in our words.
pub(super) fn poll(asked: Quantity, interaction: &wire::Interaction) -> Result<Poll, ProviderError> {
    Ok(match &interaction.status {
        status if status.is_running() => Poll::Running { progress: None, poll_after: POLL_AFTER },
        InteractionStatus::Failed | InteractionStatus::Cancelled | InteractionStatus::BudgetExceeded => {
            Poll::Failed(failure(interaction))
        }
        // Over, or with words for the caller in place of a video.
        _ => match outputs(asked, interaction)? {
            outputs if outputs.items.is_empty() => {
                let vendor = outputs.vendor;
                Poll::Failed(ProviderError { vendor, ..empty("the vendor answered without a video") })
            }
            outputs => Poll::Done(outputs),
        },
    })
}

/// What came of the wish to stop an interaction.
pub(super) fn cancelled(answer: Result<wire::Interaction, ClientError>) -> Result<Cancelled, ProviderError> {
    match answer {
        Ok(interaction) if interaction.status == InteractionStatus::Cancelled => {
            Ok(Cancelled::Stopped { used: None })
        }
        // Over, or not stopped yet: the next poll tells which.
        Ok(_) => Ok(Cancelled::TooLate),
        Err(error) => match error.last().code() {
            Some(code) if code.eq_ignore_ascii_case("FAILED_PRECONDITION") => Ok(Cancelled::TooLate),
            _ => Err(said(error)),
        },
    }
}

fn outputs(asked: Quantity, interaction: &wire::Interaction) -> Result<Outputs, ProviderError> {
    let mut items = Vec::new();
    for made in interaction.media().filter(|made| made.kind == "video") {
        let source = match (made.bytes().map_err(said)?, &made.uri) {
            (Some(bytes), _) => OutputSource::Bytes(bytes),
            (None, Some(uri)) => match wire::file_id_of_uri(uri) {
                Some(id) => OutputSource::Handle(id),
                None => OutputSource::Link(uri.clone()),
            },
            (None, None) => continue,
        };
        let media_type = made.mime_type.clone().unwrap_or_else(|| "video/mp4".to_owned());
        items.push(Output { media_type, source });
    }
    let mut vendor = facts(interaction);
    vendor.extend(fact("text", Some(interaction.text()).filter(|text| !text.is_empty())));
    Ok(Outputs { items, quantities: vec![asked], missing: None, vendor })
}

fn failure(interaction: &wire::Interaction) -> ProviderError {
    let told = interaction.errors.iter().flatten().next();
    let code = told.and_then(|error| error.code.as_deref()).unwrap_or(interaction.status.as_str());
    let message = told.and_then(|error| error.message.as_deref());
    with_facts(ended(Some(code), message), facts(interaction))
}

fn facts(interaction: &wire::Interaction) -> Map<String, Value> {
    let facts = [
        fact("id", interaction.id.as_ref()),
        fact("model", interaction.model.as_ref()),
        fact("status", Some(&interaction.status)),
        fact("usage", interaction.usage.as_ref()),
    ];
    facts.into_iter().flatten().collect()
}

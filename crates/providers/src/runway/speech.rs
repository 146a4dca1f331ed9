//! Speech from Runway.

use fourfold_clients::runway::{Generation, TextToSpeechRequest, Voice};
use fourfold_domain::{InvalidInput, ProviderError, Quantity, SpeechRequest, Unit};

use super::fields;
use super::models::{SpeechModel, VOICE};
use super::tasks::Work;
use crate::classify::invalid;

/// The request on the wire, and what a poll has to know of it.
pub(super) fn request(
    model: &SpeechModel,
    speech: &SpeechRequest,
) -> Result<(Generation, Work), ProviderError> {
    model.check(speech).map_err(|mistake: InvalidInput| invalid(mistake.to_string()))?;
    let mut request = TextToSpeechRequest::new(model.name, &*speech.text);
    if model.has_voices() {
        request.voice = Some(Voice::preset(speech.voice.as_deref().unwrap_or(VOICE)));
    }
    request.output_format = speech.format.as_deref().map(on_the_wire).map(str::to_owned);
    request.speed = speech.speed;
    request.extra = fields::on_the_wire(&speech.extras);
    let spoken = Quantity::new(Unit::Character, speech.text.chars().count() as u64);
    let media_type = media_type(speech.format.as_deref()).to_owned();
    Ok((request.into(), Work { quantity: spoken, media_type }))
}

fn on_the_wire(format: &str) -> &str {
    if format == "opus" { "ogg_opus" } else { format }
}

/// What the files are; without a word about it, mp3.
fn media_type(format: Option<&str>) -> &'static str {
    match format {
        Some("wav") => "audio/wav",
        Some("opus") => "audio/ogg",
        _ => "audio/mpeg",
    }
}

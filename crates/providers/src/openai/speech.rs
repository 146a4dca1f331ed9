//! Speech on OpenAI's wire.

use fourfold_clients::Media;
use fourfold_clients::openai as wire;
use fourfold_domain::{
    Effect, Output, OutputSource, Outputs, ProviderError, Quantity, Reason, SpeechRequest, Spoken, Unit,
};
use serde_json::json;

use crate::classify::Codes;
use crate::facts::facts;
use crate::fetch;

/// What `pcm` is, from the vendor's page.
const PCM: &str = "audio/pcm;rate=24000";

/// The request on the wire.
pub(crate) fn request(speech: &SpeechRequest, vendor_model: &str) -> wire::SpeechRequest {
    let voice = match &speech.voice {
        // One of the account's own voices.
        Some(voice) if voice.starts_with("voice_") => json!({"id": voice}),
        voice => json!(voice.as_deref().unwrap_or("alloy")),
    };
    let mut request = wire::SpeechRequest::new(vendor_model, &*speech.text, voice);
    request.response_format.clone_from(&speech.format);
    request.speed = speech.speed;
    request.instructions.clone_from(&speech.instructions);
    request.extra.extend(speech.extras.clone());
    request
}

/// The sound in our words, as it is spoken.
pub(crate) fn spoken(codes: Codes, speech: &SpeechRequest, media: Media) -> Spoken {
    let vendor = facts([("request_id", media.request_id)]);
    let media_type = media_type(speech, media.media_type);
    Spoken { media_type, sound: fetch::body(codes, media.body), vendor }
}

/// The sound in our words. It is read whole, since it has to be stored before it is known to be there.
pub(crate) async fn outputs(
    codes: Codes,
    speech: &SpeechRequest,
    media: Media,
) -> Result<Outputs, ProviderError> {
    let vendor = facts([("request_id", media.request_id)]);
    let media_type = media_type(speech, media.media_type);
    let bytes = fetch::whole(codes, media.body).await?;
    if bytes.is_empty() {
        return Err(ProviderError::new(
            Reason::Failed,
            Effect::Started,
            "the vendor answered without a sound",
        ));
    }
    let spoken = Quantity::new(Unit::Character, speech.text.chars().count() as u64);
    Ok(Outputs {
        items: vec![Output { media_type, source: OutputSource::Bytes(bytes) }],
        quantities: vec![spoken],
        missing: None,
        vendor,
    })
}

/// What the sound is: what the vendor says, unless that is no sound.
fn media_type(speech: &SpeechRequest, said: Option<String>) -> String {
    let said = said.filter(|media_type| media_type.starts_with("audio/"));
    match speech.format.as_deref() {
        Some("pcm") => PCM.to_owned(),
        format => said.unwrap_or_else(|| usual_type(format).to_owned()),
    }
}

fn usual_type(format: Option<&str>) -> &'static str {
    match format {
        Some("opus") => "audio/ogg",
        Some("aac") => "audio/aac",
        Some("flac") => "audio/flac",
        Some("wav") => "audio/wav",
        _ => "audio/mpeg",
    }
}

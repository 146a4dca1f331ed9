//! Speech, by models that speak in their contents.

use fourfold_clients::gemini as wire;
use fourfold_domain::{Output, OutputSource, Outputs, ProviderError, Quantity, SpeechRequest, Unit};
use serde_json::Value;

use super::models::VOICE_DEFAULT;
use super::{safety, said};

/// The request on the wire.
pub(super) fn request(speech: &SpeechRequest, vendor_model: &str) -> wire::GenerateContentRequest {
    // How to say something stands before it, as in "Say cheerfully: hi".
    let words = match &speech.instructions {
        Some(how) => format!("{}: {}", how.trim_end_matches(['.', ':', ' ']), speech.text),
        None => speech.text.clone(),
    };
    let mut spoken = wire::SpeechConfig::of_voice(speech.voice.as_deref().unwrap_or(VOICE_DEFAULT));
    spoken.language_code = speech.extras.get("language_code").and_then(Value::as_str).map(str::to_owned);
    let mut request = wire::GenerateContentRequest::new(vendor_model, [wire::Content::user(words)]);
    request.generation_config = Some(wire::GenerationConfig::default().speech_config(spoken));
    request.safety_settings = safety::settings(&speech.extras);
    request
}

/// The sound in our words. The vendor gives bare samples, which become a WAV file unless they are asked for as they are.
pub(super) fn outputs(
    speech: &SpeechRequest,
    response: &wire::GenerateContentResponse,
) -> Result<Outputs, ProviderError> {
    if let Some(blocked) = safety::blocked(response) {
        return Err(blocked);
    }
    let is_bare = speech.format.as_deref() == Some("pcm");
    let items = response.media().map(|sound| output(sound, is_bare)).collect::<Result<Vec<_>, _>>()?;
    if items.is_empty() {
        return Err(safety::nothing(response, "a sound"));
    }
    let spoken = Quantity::new(Unit::Character, speech.text.chars().count() as u64);
    let vendor = safety::facts_with_usage(response);
    Ok(Outputs { items, quantities: vec![spoken], missing: None, vendor })
}

fn output(sound: &wire::Blob, is_bare: bool) -> Result<Output, ProviderError> {
    let (media_type, bytes) = match sound.sample_rate().filter(|_| is_bare) {
        Some(rate) => (format!("audio/pcm;rate={rate}"), sound.bytes().map_err(said)?),
        None => match sound.wav().map_err(said)? {
            Some(wav) => ("audio/wav".to_owned(), wav),
            // What isn't bare is a file already.
            None => (sound.mime_type.clone(), sound.bytes().map_err(said)?),
        },
    };
    Ok(Output { media_type, source: OutputSource::Bytes(bytes) })
}

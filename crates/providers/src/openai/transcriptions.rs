//! Transcriptions on OpenAI's wire.

use fourfold_clients::openai as wire;
use fourfold_domain::{
    InvalidInput, MediaReader, Output, OutputSource, Outputs, ProviderError, Quantity, TimedText, Timestamps,
    Transcript, TranscriptionRequest, Unit,
};
use serde_json::{Map, Value};

use super::images::file;
use crate::classify::unreadable;
use crate::media_input::Handed;

/// The largest sound that is taken, from the vendor's page.
const AUDIO_BYTES_MAX: usize = 25_000_000;

/// What the vendor counts for a second of sound.
const AUDIO_TOKENS_PER_SECOND: f64 = 10.0;

/// What the table can't say: a translation is told nothing of the language, and has no times of words.
pub(crate) fn check(transcription: &TranscriptionRequest) -> Result<(), InvalidInput> {
    let not_allowed = |field: &'static str, allowed: &str| Err(InvalidInput::not_allowed(field, allowed));
    if !transcription.translate {
        return Ok(());
    }
    if transcription.language.is_some() {
        return not_allowed("input.language", "must be left out where translate is true");
    }
    match transcription.timestamps {
        Timestamps::Word => {
            not_allowed("input.timestamps", "must be none or segment where translate is true")
        }
        Timestamps::None | Timestamps::Segment => Ok(()),
    }
}

/// The request on the wire, and how many bytes of sound it has.
pub(crate) async fn request(
    transcription: &TranscriptionRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<(wire::TranscriptionRequest, usize), ProviderError> {
    let handed = Handed::read(media, &transcription.audio, AUDIO_BYTES_MAX).await?;
    let audio_bytes = handed.bytes.len();
    let mut options = wire::TranscriptionOptions::new(vendor_model);
    options.language.clone_from(&transcription.language);
    options.prompt.clone_from(&transcription.prompt);
    let granularities: &[&str] = match transcription.timestamps {
        Timestamps::None => &[],
        Timestamps::Segment => &["segment"],
        Timestamps::Word => &["segment", "word"],
    };
    if !granularities.is_empty() {
        options.response_format = Some("verbose_json".to_owned());
    }
    if transcription.speakers {
        options.response_format = Some("diarized_json".to_owned());
        // Longer sounds are refused without it.
        options.chunking_strategy = Some("auto".to_owned());
    }
    // A translation knows no other times than those of its segments, and isn't asked for them.
    if !granularities.is_empty() && !transcription.translate {
        options.timestamp_granularities = Some(granularities.iter().map(ToString::to_string).collect());
    }
    options.extra.extend(transcription.extras.clone());
    Ok((wire::TranscriptionRequest::new(options, file(handed)), audio_bytes))
}

/// What was heard, in our words, as JSON.
pub(crate) fn outputs(heard: wire::Transcription, audio_bytes: usize) -> Result<Outputs, ProviderError> {
    let usage = heard.usage.clone().unwrap_or_default();
    let details = usage.extra.get("input_token_details").and_then(|details| details["audio_tokens"].as_f64());
    let told = heard.duration.or(usage.seconds).or(details.map(|tokens| tokens / AUDIO_TOKENS_PER_SECOND));
    let transcript = Transcript {
        text: heard.text,
        language: heard.language,
        seconds: told,
        segments: heard.segments.unwrap_or_default().into_iter().map(segment).collect(),
        words: heard.words.unwrap_or_default().into_iter().map(word).collect(),
    };
    let json = serde_json::to_vec(&transcript).map_err(|error| unreadable(error.to_string()))?;
    let mut vendor = Map::new();
    vendor.insert("usage".to_owned(), serde_json::to_value(usage).unwrap_or(Value::Null));
    if told.is_none() {
        vendor.insert("seconds".to_owned(), "estimated".into());
    }
    Ok(Outputs {
        items: vec![Output {
            media_type: Transcript::MEDIA_TYPE.to_owned(),
            source: OutputSource::Bytes(json.into()),
        }],
        quantities: vec![Quantity::new(Unit::AudioSecond, seconds(told, audio_bytes))],
        missing: None,
        vendor,
    })
}

fn segment(segment: wire::Segment) -> TimedText {
    TimedText {
        text: segment.text,
        start: segment.start.unwrap_or_default(),
        end: segment.end.unwrap_or_default(),
        speaker: segment.speaker,
    }
}

fn word(word: wire::Word) -> TimedText {
    let (start, end) = (word.start.unwrap_or_default(), word.end.unwrap_or_default());
    TimedText { text: word.word, start, end, speaker: None }
}

/// Whole seconds, a begun one as one. Where the vendor doesn't tell, what so many bytes are at 64 kbit/s.
fn seconds(told: Option<f64>, audio_bytes: usize) -> u64 {
    const BYTES_PER_SECOND: u64 = 8000;
    let estimated = (audio_bytes as u64).div_ceil(BYTES_PER_SECOND).min(TranscriptionRequest::SECONDS_MAX);
    match told {
        Some(seconds) if seconds >= 0.0 => seconds.ceil() as u64,
        _ => estimated,
    }
}

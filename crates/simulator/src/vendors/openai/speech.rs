//! `/v1/audio/speech`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::models;
use crate::answer::Answer;
use crate::call::{Call, Fields};
use crate::content::count_tokens;
use crate::events;
use crate::media::{AudioFormat, spoken};
use crate::refusal::Refusal;
use crate::vendors::ModelKind;

/// `POST /v1/audio/speech`: sound in pieces, or as events.
pub(in super::super) fn speak(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.json_fields()?;
    let (model, _) = models::required(call, &fields, |kind| kind == ModelKind::Speech)?;
    let input = fields.bounded_text("input", 4096)?;
    check_voice(&fields)?;
    fields.number("speed", 0.25..=4.0)?;
    let formats = ["mp3", "opus", "aac", "flac", "wav", "pcm"];
    let format = fields.one_of("response_format", &formats)?.and_then(AudioFormat::parse);
    let is_events = fields.one_of("stream_format", &["audio", "sse"])? == Some("sse");
    if model.starts_with("tts-1") {
        let newer = [("instructions", fields.has("instructions")), ("stream_format", is_events)];
        if let Some((field, _)) = newer.into_iter().find(|(_, is_asked)| *is_asked) {
            return Err(Refusal::unsupported(field, format!("'{field}' is not supported with this model.")));
        }
    }
    let sound = format.unwrap_or(AudioFormat::Mp3).record(spoken(input));
    let pieces = sound.bytes.chunks(PIECE_BYTES).map(|piece| sound.bytes.slice_ref(piece));
    if !is_events {
        return Ok(Answer::pieces(sound.media_type, pieces));
    }
    let tokens = count_tokens(input);
    let usage = json!({"input_tokens": tokens, "output_tokens": tokens * 4, "total_tokens": tokens * 5});
    let delta = |piece: bytes::Bytes| {
        events::data(&json!({"type": "speech.audio.delta", "audio": BASE64_STANDARD.encode(piece)}))
    };
    let done = events::data(&json!({"type": "speech.audio.done", "usage": usage}));
    Ok(Answer::events(pieces.map(delta).chain([done])))
}

const PIECE_BYTES: usize = 4096;

const VOICES: [&str; 13] = [
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer",
    "verse",
];

/// A voice by its name, or one's own by its id.
fn check_voice(fields: &Fields) -> Result<(), Refusal> {
    match fields.value("voice") {
        None => Err(Refusal::missing("voice")),
        Some(own @ Value::Object(_)) if own.get("id").is_some_and(Value::is_string) => Ok(()),
        Some(_) => fields.one_of("voice", &VOICES).map(|_known| ()),
    }
}

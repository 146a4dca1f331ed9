//! `/v1/audio/speech`: OpenAI's, and Gemini's models with voices and formats of their own.

use super::super::openai;
use crate::answer::Answer;
use crate::call::Call;
use crate::media::{AudioFormat, spoken};
use crate::refusal::Refusal;
use crate::vendors::ModelKind;

/// `POST /v1/audio/speech`.
pub(super) fn speak(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.json_fields()?;
    let model = fields.required_text("model")?;
    if !model.starts_with("gemini-") {
        return openai::speech::speak(call);
    }
    call.model(model, |kind| kind == ModelKind::Speech)?;
    let input = fields.bounded_text("input", 4096)?;
    fields.required_text("voice")?;
    // It knows samples only, with a header or without; other formats are passed over.
    let asked = fields.text("response_format")?.and_then(AudioFormat::parse);
    let format = if asked == Some(AudioFormat::Pcm) { AudioFormat::Pcm } else { AudioFormat::Wav };
    let sound = format.record(spoken(input));
    Ok(Answer::bytes(sound.media_type, sound.bytes))
}

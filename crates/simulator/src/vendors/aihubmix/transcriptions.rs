//! `/v1/audio/transcriptions`: OpenAI's, for fewer kinds of files.

use super::super::openai;
use crate::answer::Answer;
use crate::call::Call;
use crate::refusal::Refusal;

const EXTENSIONS: [&str; 7] = ["mp3", "mp4", "mpeg", "mpga", "m4a", "wav", "webm"];

/// `POST /v1/audio/transcriptions`.
pub(super) fn transcribe(call: &Call<'_>) -> Result<Answer, Refusal> {
    let fields = call.form_fields()?;
    let name = fields.required_file("file")?.file_name.as_deref().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    if !EXTENSIONS.contains(&extension.as_str()) {
        return Err(Refusal::not_allowed("file", name, format!("files named {}", EXTENSIONS.join(", "))));
    }
    openai::transcriptions::transcribe(call)
}

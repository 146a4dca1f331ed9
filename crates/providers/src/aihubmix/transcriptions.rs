//! Transcriptions: OpenAI's wire, for fewer kinds of files.

use fourfold_clients::openai as wire;
use fourfold_domain::{MediaReader, ProviderError, TranscriptionRequest};

use crate::classify::invalid;
use crate::openai::transcriptions;

/// What a file's name may end in, from the vendor's page.
const EXTENSIONS: [&str; 7] = ["mp3", "mp4", "mpeg", "mpga", "m4a", "wav", "webm"];

/// The request on the wire, and how many bytes of sound it has.
pub(super) async fn request(
    transcription: &TranscriptionRequest,
    vendor_model: &str,
    media: &dyn MediaReader,
) -> Result<(wire::TranscriptionRequest, usize), ProviderError> {
    let (request, audio_bytes) = transcriptions::request(transcription, vendor_model, media).await?;
    let extension = request.file.name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if !EXTENSIONS.contains(&extension) {
        let given = &request.file.media_type;
        return Err(invalid(format!("input.audio must be mp3, mp4, m4a, wav or webm, not {given}")));
    }
    Ok((request, audio_bytes))
}

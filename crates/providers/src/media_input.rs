//! What a caller handed in, in the forms that vendors take.

#[cfg(any(feature = "openai", feature = "runway"))]
use base64::Engine;
#[cfg(any(feature = "openai", feature = "runway"))]
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use fourfold_domain::{MediaInput, MediaReader, ProviderError};

#[cfg(feature = "gemini")]
use crate::classify::invalid;

/// A medium in memory.
pub(crate) struct Handed {
    /// Its media type.
    pub(crate) media_type: String,
    /// The bytes.
    pub(crate) bytes: Bytes,
}

impl Handed {
    /// Reads it, if it has at most so many bytes.
    pub(crate) async fn read(
        media: &dyn MediaReader,
        input: &MediaInput,
        bytes_max: usize,
    ) -> Result<Self, ProviderError> {
        let open = media.open(input).await?;
        let media_type = open.media_type.clone();
        Ok(Self { media_type, bytes: open.read(bytes_max).await? })
    }

    /// The same, if it is of this kind, such as `image`. `place` names it for the caller, as in `input.image`.
    #[cfg(feature = "gemini")]
    pub(crate) fn expect(self, kind: &str, place: &str) -> Result<Self, ProviderError> {
        match self.media_type.split_once('/') {
            Some((found, _)) if found == kind => Ok(self),
            _ => Err(invalid(format!("{place} must be of a media type {kind}/…, not {}", self.media_type))),
        }
    }
}

#[cfg(any(feature = "openai", feature = "runway", feature = "stability"))]
impl Handed {
    /// A name with the extension that vendors go by. The caller's own name is never told.
    pub(crate) fn file_name(&self) -> String {
        file_name(&self.media_type)
    }

    /// The bytes in base64.
    #[cfg(any(feature = "openai", feature = "runway"))]
    pub(crate) fn base64(&self) -> String {
        BASE64_STANDARD.encode(&self.bytes)
    }
}

/// An address that the vendor can read by itself: the caller's own, or a data URI.
#[cfg(feature = "openai")]
pub(crate) async fn url(
    media: &dyn MediaReader,
    input: &MediaInput,
    bytes_max: usize,
) -> Result<String, ProviderError> {
    match input {
        MediaInput::Url(url) if url.starts_with("https://") => Ok(url.clone()),
        MediaInput::Data(uri) => Ok(uri.clone()),
        // What isn't public is read by us, if that is allowed at all, and never by a vendor.
        MediaInput::Url(_) | MediaInput::File(_) => {
            let handed = Handed::read(media, input, bytes_max).await?;
            Ok(format!("data:{};base64,{}", handed.media_type, handed.base64()))
        }
    }
}

/// A name for a file of this type.
#[cfg(any(feature = "openai", feature = "runway", feature = "stability"))]
pub(crate) fn file_name(media_type: &str) -> String {
    format!("file.{}", extension(media_type))
}

#[cfg(any(feature = "openai", feature = "runway", feature = "stability"))]
fn extension(media_type: &str) -> &'static str {
    match media_type {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/webp" => "webp",
        "image/gif" => "gif",
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/mp4" | "audio/m4a" | "audio/x-m4a" => "m4a",
        "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
        "audio/ogg" => "ogg",
        "audio/flac" => "flac",
        "audio/webm" | "video/webm" => "webm",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "application/pdf" => "pdf",
        _ => "bin",
    }
}

//! Media that are sent within a request or an answer.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

use crate::http::ClientError;
use crate::vendor::{unpacked, wire_type};

wire_type! {
    /// A picture, a sound, a film or a document, as it is.
    #[serde(rename_all = "camelCase")]
    pub struct Blob {
        must {
            /// What it is, such as `image/png`.
            mime_type: String,
            /// The bytes in base64.
            data: String,
        }
        may {
            /// Its name for the model.
            display_name: String,
        }
    }
}

impl Blob {
    /// Bytes of this media type.
    pub fn of_bytes(media_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(media_type, BASE64_STANDARD.encode(bytes))
    }

    /// The bytes. Speech comes as bare samples of 16 bit, mono, the low byte first; [`wav`](Self::wav) gives them a head.
    pub fn bytes(&self) -> Result<Bytes, ClientError> {
        unpacked(&self.data)
    }

    /// How many samples of a sound are one second, where they come bare, as in `audio/L16;codec=pcm;rate=24000`.
    pub fn sample_rate(&self) -> Option<u32> {
        let mut parameters = self.mime_type.split(';').map(str::trim);
        if !parameters.next()?.eq_ignore_ascii_case("audio/l16") {
            return None;
        }
        let rate = parameters.find_map(|parameter| parameter.strip_prefix("rate="));
        rate.map_or(Some(SAMPLE_RATE), |rate| rate.parse().ok())
    }

    /// Bare samples as a WAV file; none for all other media.
    pub fn wav(&self) -> Result<Option<Bytes>, ClientError> {
        let Some(sample_rate) = self.sample_rate() else { return Ok(None) };
        let samples = self.bytes()?;
        let too_long = || ClientError::invalid("the sound is too long for a WAV file");
        let size_bytes = u32::try_from(samples.len()).map_err(|_| too_long())?;
        let file_bytes = size_bytes.checked_add(36).ok_or_else(too_long)?;
        let byte_rate = sample_rate.checked_mul(2).ok_or_else(too_long)?;
        let mut wav = Vec::with_capacity(44 + samples.len());
        wav.extend_from_slice(b"RIFF");
        wav.extend_from_slice(&file_bytes.to_le_bytes());
        // PCM, one channel.
        wav.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        wav.extend_from_slice(&sample_rate.to_le_bytes());
        wav.extend_from_slice(&byte_rate.to_le_bytes());
        // Two bytes a sample, 16 bit.
        wav.extend_from_slice(b"\x02\0\x10\0data");
        wav.extend_from_slice(&size_bytes.to_le_bytes());
        wav.extend_from_slice(&samples);
        Ok(Some(wav.into()))
    }
}

/// Where the vendor doesn't say it.
const SAMPLE_RATE: u32 = 24_000;

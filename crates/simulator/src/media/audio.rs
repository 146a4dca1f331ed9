//! Sound: a hum where samples are written plainly, silence where they are coded.

use std::time::Duration;

use super::{Media, aac, flac, mp3, ogg, wav};

/// A kind of sound file. All are mono, at 24 000 samples a second but for Opus, which knows only 48 000.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AudioFormat {
    Mp3,
    Opus,
    Aac,
    Flac,
    Wav,
    /// Samples of 16 bits, the low byte first, with nothing around them.
    Pcm,
}

/// Samples a second.
pub(super) const RATE: u32 = 24_000;

impl AudioFormat {
    /// As vendors name it: `mp3`, `opus`, `aac`, `flac`, `wav` or `pcm`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "mp3" => Some(Self::Mp3),
            "opus" => Some(Self::Opus),
            "aac" => Some(Self::Aac),
            "flac" => Some(Self::Flac),
            "wav" => Some(Self::Wav),
            "pcm" => Some(Self::Pcm),
            _ => None,
        }
    }

    /// Sound that lasts at least so long, and less than a fifth of a second longer.
    pub(crate) fn record(self, duration: Duration) -> Media {
        let samples = u32::try_from(duration.as_millis()).unwrap_or(u32::MAX).saturating_mul(RATE / 1000);
        let (media_type, extension, bytes) = match self {
            Self::Mp3 => ("audio/mpeg", "mp3", mp3::bytes(samples)),
            Self::Opus => ("audio/opus", "opus", ogg::bytes(samples)),
            Self::Aac => ("audio/aac", "aac", aac::bytes(samples)),
            Self::Flac => ("audio/flac", "flac", flac::bytes(samples)),
            Self::Wav => ("audio/wav", "wav", wav::bytes(samples)),
            Self::Pcm => ("audio/pcm", "pcm", wav::samples(samples)),
        };
        Media { media_type, extension, bytes: bytes.into() }
    }
}

/// How long it takes to say this: a twentieth of a second a character, from half a second to ten.
pub(crate) fn spoken(text: &str) -> Duration {
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let duration = Duration::from_millis(50).saturating_mul(characters);
    duration.clamp(Duration::from_millis(500), Duration::from_secs(10))
}

//! Sizes of videos: pixels, and tiers with a ratio.

use super::super::ratio::Ratio;
use crate::media::Size;

/// How long the shorter side is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tier {
    P480,
    P720,
    P1080,
    /// 4k.
    P2160,
}

impl Tier {
    /// Reads `720p`, in either case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.to_lowercase().as_str() {
            "480p" => Some(Self::P480),
            "720p" => Some(Self::P720),
            "1080p" => Some(Self::P1080),
            "4k" => Some(Self::P2160),
            _ => None,
        }
    }

    /// The size of this ratio, with even sides.
    pub(super) fn of_ratio(self, ratio: Ratio) -> Size {
        let short: u16 = match self {
            Self::P480 => 480,
            Self::P720 => 720,
            Self::P1080 => 1080,
            Self::P2160 => 2160,
        };
        let long = u32::from(short) * ratio.long() / ratio.short() / 2 * 2;
        let long = u16::try_from(long).unwrap_or(u16::MAX);
        if ratio.width < ratio.height { Size::new(short, long) } else { Size::new(long, short) }
    }
}

/// Reads `1280x720`.
pub(super) fn pixels(text: &str) -> Option<Size> {
    let is_allowed = |side| (16..=4096).contains(&side);
    Size::parse(text).filter(|size| is_allowed(size.width) && is_allowed(size.height))
}

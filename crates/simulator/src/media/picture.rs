//! Pictures in the colours of their prompt.

use super::{Media, jpeg, png, webp};
use crate::content::hash;

/// How large a picture is, in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Size {
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// A kind of picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PictureFormat {
    /// Striped in four colours.
    Png,
    /// Of one colour.
    Jpeg,
    /// Of one colour.
    Webp,
}

impl Size {
    pub(crate) const fn new(width: u16, height: u16) -> Self {
        Self { width, height }
    }

    /// Reads `1024x768`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once('x')?;
        Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl PictureFormat {
    /// As vendors name it: `png`, `jpeg` or `webp`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "png" => Some(Self::Png),
            "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::Webp),
            _ => None,
        }
    }

    /// A picture of this size, at least one pixel each way. The same prompt gives the same picture.
    pub(crate) fn draw(self, size: Size, prompt: &str) -> Media {
        let (media_type, extension, bytes) = match self {
            Self::Png => {
                ("image/png", "png", png::bytes(size, &[0, 1, 2, 3].map(|stripe| color(prompt, stripe))))
            }
            Self::Jpeg => ("image/jpeg", "jpg", jpeg::bytes(size, color(prompt, 0))),
            Self::Webp => ("image/webp", "webp", webp::bytes(size, color(prompt, 0))),
        };
        Media { media_type, extension, bytes: bytes.into() }
    }
}

/// Red, green and blue that follow from a prompt.
pub(super) fn color(prompt: &str, stripe: u8) -> [u8; 3] {
    let [red, green, blue, ..] = hash(&format!("{stripe} {prompt}")).to_be_bytes();
    [red, green, blue]
}

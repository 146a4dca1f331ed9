//! Real small files: made by code, so that decoders take them and nothing has to be carried along.

mod png;

use bytes::Bytes;

pub(crate) use self::png::png;

/// A file of some kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Media {
    pub(crate) media_type: &'static str,
    /// What its name ends with, without the dot.
    pub(crate) extension: &'static str,
    pub(crate) bytes: Bytes,
}

/// How large a picture is, in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    pub(crate) const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Reads `1024x768`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once('x')?;
        Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
    }
}

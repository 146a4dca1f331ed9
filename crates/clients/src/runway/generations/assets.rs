//! Files that a request names by a URI: an https URL with a domain name, a data URI, or the `runway://` URI of an upload.

use serde::{Deserialize, Serialize};

use crate::vendor::{open_enum, silent_debug, wire_type};

wire_type! {
    /// A file, by its URI.
    pub struct Asset {
        must {
            /// Where it is.
            uri: String,
        }
        may {
            /// What it is. Most fields want to know it.
            #[serde(rename = "type")]
            kind: AssetKind,
        }
    }
}

impl Asset {
    /// A picture.
    pub fn image(uri: impl Into<String>) -> Self {
        Self::new(uri).kind(AssetKind::Image)
    }

    /// A video.
    pub fn video(uri: impl Into<String>) -> Self {
        Self::new(uri).kind(AssetKind::Video)
    }

    /// A sound.
    pub fn audio(uri: impl Into<String>) -> Self {
        Self::new(uri).kind(AssetKind::Audio)
    }
}

open_enum! {
    /// What a file is.
    pub enum AssetKind {
        /// A picture.
        Image = "image",
        /// A video.
        Video = "video",
        /// A sound.
        Audio = "audio",
    }
}

/// One picture by its URI, or several, each with what it is for.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Pictures {
    /// The URI of the only one.
    One(String),
    /// Several.
    Several(Vec<Picture>),
}

impl From<&str> for Pictures {
    fn from(uri: &str) -> Self {
        Self::One(uri.to_owned())
    }
}

impl From<String> for Pictures {
    fn from(uri: String) -> Self {
        Self::One(uri)
    }
}

impl From<Vec<Picture>> for Pictures {
    fn from(pictures: Vec<Picture>) -> Self {
        Self::Several(pictures)
    }
}

impl<const N: usize> From<[Picture; N]> for Pictures {
    fn from(pictures: [Picture; N]) -> Self {
        Self::Several(pictures.into())
    }
}

silent_debug!(Pictures);

wire_type! {
    /// A picture, by its URI, and what it is for.
    pub struct Picture {
        must {
            /// Where it is.
            uri: String,
        }
        may {
            /// Its place in a video. Without one it is a reference.
            position: Position,
            /// What the prompt calls it by, as in `@fox`: 3 to 16 letters, digits and underscores, a letter first.
            tag: String,
            /// What it shows: `object` or `human`.
            subject: String,
        }
    }
}

open_enum! {
    /// The place of a picture in a video.
    pub enum Position {
        /// It is the first frame.
        First = "first",
        /// It is a frame between the others.
        Middle = "middle",
        /// It is the last frame.
        Last = "last",
    }
}

wire_type! {
    /// How strict the filter is.
    #[serde(rename_all = "camelCase")]
    pub struct ContentModeration {
        may {
            /// How strict it is about people whom everybody knows: `auto` or `low`.
            public_figure_threshold: String,
        }
    }
}

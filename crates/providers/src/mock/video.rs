//! Requests for videos: what can be asked, and what comes of it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use fourfold_domain::{
    MediaReader, Outputs, Parameter, ParameterKind, ProviderError, Quantity, Size, VideoRequest,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

use super::blocking::unhurried;
use super::caption::caption_of;
use super::film::{FRAMES_PER_SECOND, Scene, mp4};
use super::input;
use crate::parameters::{text, whole};

const SIDE_MIN: u32 = 64;
const SIDE_MAX: u32 = 1280;
const SIDE_STEP: u32 = 16;
const SIZE_DEFAULT: Size = Size { width: 512, height: 288 };
const SECONDS_MAX: u32 = 12;
const SECONDS_DEFAULT: u32 = 4;

/// What the video models can be told.
pub(super) fn parameters() -> Vec<Parameter> {
    let size = ParameterKind::Size { min: SIDE_MIN, max: SIDE_MAX, step: SIDE_STEP };
    vec![
        text("prompt", 32_000, "what to show").required(),
        whole("seconds", 1, SECONDS_MAX.into(), "how long").default(SECONDS_DEFAULT),
        Parameter::new("size", size, "how large").default(SIZE_DEFAULT.to_string()),
        whole("seed", 0, u32::MAX.into(), "another seed shows something else for the same prompt").default(0),
        Parameter::new(
            "image",
            ParameterKind::Media,
            "a picture to begin with: another one shows something else for the same prompt",
        ),
    ]
}

/// A video: all that is needed to draw it, and no more of the prompt than is drawn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Video {
    width: u32,
    height: u32,
    seconds: u32,
    /// SHA-256 of all that decides what is to be seen, as base64url.
    hash: String,
    caption: String,
    seed: u64,
    /// What is delivered, as it is priced.
    delivered: Quantity,
}

impl Video {
    /// What every video is.
    pub(super) const MEDIA_TYPE: &str = "video/mp4";

    /// The video of a request.
    pub(super) async fn asked(
        request: &VideoRequest,
        media: &dyn MediaReader,
    ) -> Result<Self, ProviderError> {
        let handed = input::pictures_hash(media, "image", &request.image).await?;
        let Size { width, height } = request.size.unwrap_or(SIZE_DEFAULT);
        let prompt = request.prompt.as_deref().unwrap_or_default();
        let seed = request.seed.unwrap_or(0);
        let hash = Sha256::new()
            .chain_update(Sha256::digest(prompt))
            .chain_update(seed.to_le_bytes())
            .chain_update(handed.unwrap_or_default());
        Ok(Self {
            width,
            height,
            seconds: request.seconds,
            hash: BASE64_URL_SAFE_NO_PAD.encode(hash.finalize()),
            caption: caption_of(prompt),
            seed,
            delivered: request.quantity(request.seconds),
        })
    }

    /// Whether it is within the limits.
    pub(super) fn is_allowed(&self) -> bool {
        let side = |side: u32| (SIDE_MIN..=SIDE_MAX).contains(&side) && side.is_multiple_of(SIDE_STEP);
        side(self.width) && side(self.height) && (1..=SECONDS_MAX).contains(&self.seconds)
    }

    /// All that is to be said about it, without the video itself.
    pub(super) fn facts(&self) -> Outputs {
        let vendor = [("seed", json!(self.seed)), ("frames_per_second", json!(FRAMES_PER_SECOND))];
        Outputs {
            quantities: vec![self.delivered.clone()],
            vendor: Map::from_iter(vendor.map(|(name, fact)| (name.to_owned(), fact))),
            ..Outputs::default()
        }
    }

    /// Draws it.
    pub(super) async fn draw(self) -> Result<Bytes, ProviderError> {
        let frames = u64::from(self.seconds * FRAMES_PER_SECOND);
        let pixels = u64::from(self.width) * u64::from(self.height) * frames;
        unhurried(pixels, move || {
            let (width, height, seconds) = (self.width, self.height, self.seconds);
            // A hash of its own, since one that was read back from an id may have any length.
            let hash = Sha256::digest(&self.hash).into();
            mp4(&Scene { width, height, seconds, caption: &self.caption, hash })
        })
        .await
    }
}

//! Requests for pictures: what can be asked, and what comes of it.

use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use fourfold_domain::{
    ImageRequest, MediaReader, Outputs, Parameter, ParameterKind, ProviderError, Quantity, Size,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

use super::blocking::unhurried;
use super::caption::caption_of;
use super::input;
use super::picture::{Detail, Sketch, png};
use crate::parameters::{choice, text, whole};

const SIDE_MIN: u32 = 16;
const SIDE_MAX: u32 = 2048;
const SIZE_DEFAULT: Size = Size { width: 512, height: 512 };
const COUNT_MAX: u32 = 4;

/// What the image models can be told.
pub(super) fn parameters() -> Vec<Parameter> {
    let size = ParameterKind::Size { min: SIDE_MIN, max: SIDE_MAX, step: 8 };
    vec![
        text("prompt", 32_000, "what to draw").required(),
        Parameter::new("size", size, "how large").default(SIZE_DEFAULT.to_string()),
        choice("quality", &[Detail::STANDARD, Detail::HIGH], "how much is in the picture")
            .default(Detail::STANDARD),
        whole("n", 1, COUNT_MAX.into(), "how many pictures").default(1),
        choice("format", &["png"], "the format of the pictures").default("png"),
        whole("seed", 0, u32::MAX.into(), "another seed draws another picture of the same prompt").default(0),
        Parameter::new(
            "image",
            ParameterKind::MediaList { max: 4 },
            "pictures to work from: others draw another picture of the same prompt",
        ),
    ]
}

/// Pictures of one request: all that is needed to draw them, and no more of the prompt than is drawn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Pictures {
    width: u32,
    height: u32,
    detail: Detail,
    seed: u64,
    /// SHA-256 of the prompt, as base64url.
    prompt_hash: String,
    caption: String,
    /// SHA-256 of the pictures to work from, as base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handed_hash: Option<String>,
    /// How many were left out.
    missing: u32,
    /// What is delivered, as it is priced.
    delivered: Quantity,
}

impl Pictures {
    /// What every picture is.
    pub(super) const MEDIA_TYPE: &str = "image/png";

    /// The pictures of a request.
    pub(super) async fn asked(
        request: &ImageRequest,
        media: &dyn MediaReader,
    ) -> Result<Self, ProviderError> {
        let handed = input::pictures_hash(media, "image", &request.images).await?;
        let Size { width, height } = request.size.unwrap_or(SIZE_DEFAULT);
        Ok(Self {
            width,
            height,
            detail: Detail::of(request.quality.as_deref()),
            seed: request.seed.unwrap_or(0),
            prompt_hash: BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&request.prompt)),
            caption: caption_of(&request.prompt),
            handed_hash: handed.map(|hash| BASE64_URL_SAFE_NO_PAD.encode(hash)),
            missing: 0,
            delivered: request.quantity(request.n),
        })
    }

    /// One picture fewer, if there are several.
    pub(super) fn leave_one_out(&mut self) {
        if self.delivered.count > 1 {
            self.delivered.count -= 1;
            self.missing += 1;
        }
    }

    /// Whether they are within the limits.
    pub(super) fn are_allowed(&self) -> bool {
        let sides = SIDE_MIN..=SIDE_MAX;
        sides.contains(&self.width)
            && sides.contains(&self.height)
            && self.delivered.count <= u64::from(COUNT_MAX)
    }

    /// The indices of the pictures.
    pub(super) fn indices(&self) -> Range<u32> {
        0..u32::try_from(self.delivered.count).unwrap_or(0)
    }

    /// All that is to be said about them, without the pictures themselves.
    pub(super) fn facts(&self) -> Outputs {
        let asked = self.delivered.count + u64::from(self.missing);
        let missing = format!("the mock was told to leave out {} of {asked} pictures", self.missing);
        Outputs {
            items: Vec::new(),
            quantities: vec![self.delivered.clone()],
            missing: (self.missing > 0).then_some(missing),
            vendor: Map::from_iter([("seed".to_owned(), json!(self.seed))]),
        }
    }

    /// One of them, drawn.
    pub(super) async fn draw(self, index: u32) -> Result<Bytes, ProviderError> {
        unhurried(self.pixels(), move || png(&self.sketch(index))).await
    }

    /// The picture's hash doesn't depend on its size: a larger one shows the same.
    fn sketch(&self, index: u32) -> Sketch<'_> {
        let hash = Sha256::new()
            .chain_update(&self.prompt_hash)
            .chain_update(self.seed.to_le_bytes())
            .chain_update(index.to_le_bytes())
            .chain_update(self.handed_hash.as_deref().unwrap_or_default());
        Sketch {
            width: self.width,
            height: self.height,
            detail: self.detail,
            caption: &self.caption,
            hash: hash.finalize().into(),
        }
    }

    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

//! Requests for pictures: what can be asked, and what comes of it.

use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use fourfold_domain::{
    Effect, ImageRequest, InvalidInput, Output, OutputSource, Outputs, Parameter, ParameterKind,
    ProviderError, Quantity, Reason, Size,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::picture::{Detail, Sketch, png};

const SIDE_MIN: u32 = 64;
const SIDE_MAX: u32 = 2048;
const SIZE_DEFAULT: Size = Size { width: 512, height: 512 };
const COUNT_MAX: u32 = 4;

/// The most characters of a prompt that are kept to be written on its picture.
const CAPTION_CHARS: usize = 84;

/// More pixels than these are drawn on a thread of their own, so as not to hold up the runtime.
const INLINE_PIXELS: u64 = 256 * 256;

/// What the image models can be told.
pub(super) fn parameters() -> Vec<Parameter> {
    let qualities = [Detail::STANDARD, Detail::HIGH].map(str::to_owned).to_vec();
    vec![
        Parameter::new("prompt", ParameterKind::Text { chars_max: 4000 }, "what to draw").required(),
        Parameter::new("size", ParameterKind::Size { min: SIDE_MIN, max: SIDE_MAX, step: 8 }, "how large")
            .default("512x512"),
        Parameter::new(
            "n",
            ParameterKind::Integer { min: 1, max: i64::from(COUNT_MAX) },
            "how many pictures",
        )
        .default(1),
        Parameter::new(
            "seed",
            ParameterKind::Integer { min: 0, max: i64::from(u32::MAX) },
            "another seed draws another picture of the same prompt",
        )
        .default(0),
        Parameter::new("quality", ParameterKind::Choice(qualities), "how much is in the picture")
            .default("standard"),
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
    /// How many were left out.
    missing: u32,
    /// What is delivered, as it is priced.
    delivered: Quantity,
}

impl Pictures {
    /// What every picture is.
    pub(super) const MEDIA_TYPE: &str = "image/png";

    /// The pictures of a request, if it keeps to the model's parameters.
    pub(super) fn asked(request: &ImageRequest, parameters: &[Parameter]) -> Result<Self, ProviderError> {
        Parameter::check_all(parameters, &input_of(request)).map_err(invalid)?;
        let Size { width, height } = request.size.unwrap_or(SIZE_DEFAULT);
        Ok(Self {
            width,
            height,
            detail: Detail::of(request.quality.as_deref()),
            seed: request.seed.unwrap_or(0),
            prompt_hash: BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&request.prompt)),
            caption: caption_of(&request.prompt),
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

    /// Whether they are within the limits: what is read back from an id may have been made up.
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

    /// All of them, drawn.
    pub(super) async fn drawn(self) -> Result<Outputs, ProviderError> {
        let facts = self.facts();
        let item =
            |bytes| Output { media_type: Self::MEDIA_TYPE.to_owned(), source: OutputSource::Bytes(bytes) };
        let pixels = self.pixels() * self.delivered.count;
        let items =
            unhurried(pixels, move || self.indices().map(|index| item(png(&self.sketch(index)))).collect());
        Ok(Outputs { items: items.await?, ..facts })
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
            .chain_update(index.to_le_bytes());
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

    #[cfg(test)]
    pub(super) fn sized(self, side: u32) -> Self {
        Self { width: side, height: side, ..self }
    }
}

/// The request as its caller wrote it, so that the one table of parameters can judge it.
fn input_of(request: &ImageRequest) -> Map<String, Value> {
    let given = |there: bool| there.then_some("given");
    let own = [
        ("prompt", json!(request.prompt)),
        ("negative_prompt", json!(request.negative_prompt)),
        ("size", json!(request.size.map(|size| size.to_string()))),
        ("quality", json!(request.quality)),
        ("n", json!(request.n)),
        ("seed", json!(request.seed)),
        ("image", json!(given(!request.images.is_empty()))),
        ("format", json!(request.format)),
        ("aspect_ratio", json!(request.aspect_ratio)),
        ("mask", json!(given(request.mask.is_some()))),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    let named = request.named_images.keys().map(|name| (name.clone(), json!(given(true))));
    let extras = request.extras.iter().map(|(name, value)| (name.clone(), value.clone()));
    own.chain(named).chain(extras).collect()
}

/// The beginning of a prompt, in one line.
fn caption_of(prompt: &str) -> String {
    let line = prompt.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(CAPTION_CHARS) {
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
        None => line,
    }
}

/// Runs work in place if it is short, else on a thread for blocking work.
async fn unhurried<T: Send + 'static>(
    pixels: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ProviderError> {
    if pixels <= INLINE_PIXELS {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| ProviderError {
        source: Some(error.into()),
        ..ProviderError::new(Reason::Failed, Effect::Started, "the mock broke off its drawing")
    })
}

fn invalid(input: InvalidInput) -> ProviderError {
    ProviderError::new(Reason::InvalidRequest, Effect::NotStarted, input.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_is_one_short_line() {
        assert_eq!(caption_of("a\n red\tfox "), "a red fox");
        assert_eq!(caption_of(&"x".repeat(CAPTION_CHARS)), "x".repeat(CAPTION_CHARS));
        assert_eq!(caption_of(&"ä".repeat(4000)), "ä".repeat(CAPTION_CHARS) + "...");
    }
}

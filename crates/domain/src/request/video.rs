//! Videos: made from a text, a picture or another video.

use serde_json::{Map, Value};

use super::fields::{Fields, malformed};
use super::{MediaInput, Size};
use crate::{InvalidInput, Quantity, Unit};

/// A request for a video.
#[derive(Clone, PartialEq, Debug)]
pub struct VideoRequest {
    /// What to show. Empty only where a picture or video is given.
    pub prompt: Option<String>,
    /// A picture to begin with.
    pub image: Option<MediaInput>,
    /// A picture to end with.
    pub last_image: Option<MediaInput>,
    /// Pictures of what is to be seen in it.
    pub references: Vec<MediaInput>,
    /// A video to work from.
    pub video: Option<MediaInput>,
    /// How long.
    pub seconds: u32,
    /// How large; left out, the model's own size.
    pub size: Option<Size>,
    /// Width to height, such as `16:9`, for models that choose the size themselves.
    pub aspect_ratio: Option<String>,
    /// How finely, such as `720p`, for models that choose the size themselves.
    pub resolution: Option<String>,
    /// Whether there is sound; left out, as the model does by itself.
    pub audio: Option<bool>,
    /// The same seed makes the same video, where the model can.
    pub seed: Option<u64>,
    /// Parameters of single models.
    pub extras: Map<String, Value>,
}

impl VideoRequest {
    /// The length where none is asked for.
    pub const SECONDS_DEFAULT: u32 = 5;

    pub(super) fn parse(mut fields: Fields) -> Result<Self, InvalidInput> {
        let seconds = fields.whole_number("seconds")?.unwrap_or(u64::from(Self::SECONDS_DEFAULT));
        let video = Self {
            prompt: fields.text("prompt")?.filter(|prompt| !prompt.is_empty()),
            image: fields.media("image")?,
            last_image: fields.media("last_image")?,
            references: fields.media_list("references")?,
            video: fields.media("video")?,
            seconds: u32::try_from(seconds)
                .ok()
                .filter(|seconds| *seconds > 0)
                .ok_or_else(|| InvalidInput::not_allowed("input.seconds", "must be 1 or more"))?,
            size: fields.size("size")?,
            aspect_ratio: fields.text("aspect_ratio")?,
            resolution: fields.text("resolution")?,
            audio: fields.boolean("audio")?,
            seed: fields.whole_number("seed")?,
            extras: fields.rest(),
        };
        if video.prompt.is_none() && video.image.is_none() && video.video.is_none() {
            return Err(malformed("prompt", "is required where neither image nor video is given"));
        }
        Ok(video)
    }

    /// The most that it can come to: its whole length.
    pub fn quantities_max(&self) -> Vec<Quantity> {
        vec![self.quantity(self.seconds)]
    }

    /// This many seconds of this request, as they are priced.
    pub fn quantity(&self, seconds: u32) -> Quantity {
        let mut quantity = Quantity::new(Unit::VideoSecond, u64::from(seconds));
        if let Some(size) = self.size {
            quantity = quantity.with("size", size.to_string());
        }
        if let Some(resolution) = &self.resolution {
            quantity = quantity.with("resolution", resolution.clone());
        }
        if let Some(audio) = self.audio {
            quantity = quantity.with("audio", audio.to_string());
        }
        quantity
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Problem;

    fn parse(input: Value) -> Result<VideoRequest, InvalidInput> {
        VideoRequest::parse(Fields::new(input.as_object().unwrap().clone()))
    }

    #[test]
    fn a_video_is_priced_by_all_that_a_price_may_depend_on() {
        let bare = parse(json!({"prompt": "a fox"})).unwrap();
        assert_eq!(bare.quantities_max(), [Quantity::new(Unit::VideoSecond, 5)]);
        let input = json!({"prompt": "a fox", "seconds": 8, "size": "1280x720", "resolution": "720p", "audio": false});
        let quantity = Quantity::new(Unit::VideoSecond, 8)
            .with("size", "1280x720")
            .with("resolution", "720p")
            .with("audio", "false");
        assert_eq!(parse(input).unwrap().quantities_max(), [quantity]);
    }

    #[test]
    fn mistakes_name_their_field() {
        for (input, field, problem) in [
            (json!({}), "input.prompt", Problem::Malformed),
            (json!({"prompt": "x", "seconds": 0}), "input.seconds", Problem::NotAllowed),
            (json!({"prompt": "x", "audio": "loud"}), "input.audio", Problem::Malformed),
            (json!({"prompt": "x", "video": "http://x"}), "input.video", Problem::NotAllowed),
        ] {
            let error = parse(input).unwrap_err();
            assert_eq!((error.field.as_ref(), error.problem), (field, problem));
        }
    }
}

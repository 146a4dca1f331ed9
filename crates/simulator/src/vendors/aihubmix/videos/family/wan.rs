//! Wan: sizes in classes, and a second form, which is Alibaba's own.

use super::super::fields::{has_reference, object, prompt, seconds_of, size};
use super::VideoRequest;
use crate::call::Fields;
use crate::refusal::Refusal;

/// What tells the models apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct WanModel {
    seconds: &'static [i64],
    classes: &'static [Class],
    /// Whether it begins with a picture.
    needs_picture: bool,
}

/// Sizes with about as many pixels.
#[derive(PartialEq, Eq, Debug)]
struct Class {
    name: &'static str,
    /// The first one is what it means without more words.
    sizes: &'static [&'static str],
}

const P480: Class = Class { name: "480P", sizes: &["832x480", "480x832", "624x624"] };
const P720: Class =
    Class { name: "720P", sizes: &["1280x720", "720x1280", "960x960", "1088x832", "832x1088"] };
const P1080: Class =
    Class { name: "1080P", sizes: &["1920x1080", "1080x1920", "1440x1440", "1632x1248", "1248x1632"] };

impl WanModel {
    pub(super) fn of(model: &str) -> Option<Self> {
        let (seconds, classes): (&[i64], &[Class]) = match model.split('-').next()? {
            // That it makes 15 seconds too isn't sure.
            "wan2.6" => (&[5, 10, 15], &[P720, P1080]),
            "wan2.5" => (&[5, 10], &[P480, P720, P1080]),
            "wan2.2" => (&[5], &[P480, P1080]),
            _ => return None,
        };
        Some(Self { seconds, classes, needs_picture: model.contains("-i2v") })
    }
}

pub(super) fn read(fields: &Fields, model: WanModel) -> Result<VideoRequest, Refusal> {
    if let Some(input) = object(fields, "input") {
        return read_as_alibaba(fields, &input, model);
    }
    let seconds = seconds_of(fields, "seconds", model.seconds)?.unwrap_or(model.seconds[0]);
    let sizes: Vec<&str> = model.classes.iter().flat_map(|class| class.sizes).copied().collect();
    let asked = fields.one_of("size", &sizes)?.unwrap_or(sizes[0]);
    if model.needs_picture && !has_reference(fields) {
        return Err(Refusal::missing("input_reference"));
    }
    Ok(VideoRequest { prompt: prompt(fields)?, seconds, size: size("size", asked)? })
}

/// Reads `{"input": {"prompt", "media"}, "parameters": {"resolution", "duration"}}`.
fn read_as_alibaba(fields: &Fields, input: &Fields, model: WanModel) -> Result<VideoRequest, Refusal> {
    let media = input.list("media")?;
    for (index, item) in media.iter().enumerate() {
        if let Some(missing) = ["type", "url"].iter().find(|field| !item[**field].is_string()) {
            return Err(Refusal::missing(format!("input.media[{index}].{missing}")));
        }
    }
    if model.needs_picture && !media.iter().any(|item| item["type"] == "first_frame") {
        return Err(Refusal::missing("input.media"));
    }
    let parameters = object(fields, "parameters").unwrap_or(Fields::Json(Default::default()));
    let seconds = seconds_of(&parameters, "duration", model.seconds)?.unwrap_or(model.seconds[0]);
    let names: Vec<&str> = model.classes.iter().map(|class| class.name).collect();
    let asked = parameters.one_of("resolution", &names)?;
    let class = model.classes.iter().find(|class| asked == Some(class.name)).unwrap_or(&model.classes[0]);
    Ok(VideoRequest { prompt: prompt(input)?, seconds, size: size("resolution", class.sizes[0])? })
}

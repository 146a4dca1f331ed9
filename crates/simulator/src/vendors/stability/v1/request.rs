//! What is asked of an engine.

use http::StatusCode;
use serde_json::Value;

use super::super::rules::STYLES;
use crate::call::Fields;
use crate::media::Size;
use crate::refusal::{Problem, Refusal};

/// A request that keeps to the rules.
pub(super) struct GenerationRequest {
    pub(super) prompt: String,
    pub(super) size: Size,
    pub(super) samples: i64,
    /// None where the engine chooses.
    pub(super) seed: Option<i64>,
}

impl GenerationRequest {
    /// With prompts as a list.
    pub(super) fn of_json(fields: &Fields, size: Size) -> Result<Self, Refusal> {
        if !fields.has("text_prompts") {
            return Err(Refusal::missing("text_prompts"));
        }
        let prompts = fields.list("text_prompts")?.iter().enumerate().map(|(index, prompt)| {
            let text = prompt.get("text").and_then(Value::as_str).unwrap_or_default();
            checked(index, text, prompt.get("weight").and_then(Value::as_f64))
        });
        let prompts = prompts.collect::<Result<Vec<_>, _>>()?;
        Self::new(fields, &prompts, size)
    }

    /// With prompts as fields of a form: `text_prompts[0][text]`.
    pub(super) fn of_form(fields: &Fields, size: Size) -> Result<Self, Refusal> {
        let mut prompts = Vec::new();
        while let Some(text) = fields.text(&format!("text_prompts[{}][text]", prompts.len()))? {
            let weight = fields.number(&format!("text_prompts[{}][weight]", prompts.len()), -10.0..=10.0)?;
            prompts.push(checked(prompts.len(), text, weight)?);
        }
        Self::new(fields, &prompts, size)
    }

    /// For a picture that only grows.
    pub(super) fn without_prompt(fields: &Fields, size: Size) -> Result<Self, Refusal> {
        Self::new(fields, &[String::new()], size)
    }

    fn new(fields: &Fields, prompts: &[String], size: Size) -> Result<Self, Refusal> {
        if prompts.is_empty() {
            return Err(Refusal::missing("text_prompts"));
        }
        fields.number("cfg_scale", 0.0..=35.0)?;
        fields.integer("steps", 10..=50)?;
        fields.one_of("style_preset", &STYLES)?;
        fields.one_of("clip_guidance_preset", &GUIDANCE)?;
        fields.one_of("sampler", &SAMPLERS)?;
        Ok(Self {
            prompt: prompts.concat(),
            size,
            samples: fields.integer("samples", 1..=10)?.unwrap_or(1),
            seed: fields.integer("seed", 0..=i64::from(u32::MAX))?.filter(|seed| *seed != 0),
        })
    }
}

const GUIDANCE: [&str; 7] = ["FAST_BLUE", "FAST_GREEN", "NONE", "SIMPLE", "SLOW", "SLOWER", "SLOWEST"];
const SAMPLERS: [&str; 10] = [
    "DDIM",
    "DDPM",
    "K_DPMPP_2M",
    "K_DPMPP_2S_ANCESTRAL",
    "K_DPM_2",
    "K_DPM_2_ANCESTRAL",
    "K_EULER",
    "K_EULER_ANCESTRAL",
    "K_HEUN",
    "K_LMS",
];

/// The sides: one of the engine's, or a square.
pub(super) fn size(fields: &Fields) -> Result<Size, Refusal> {
    let side = |field: &str| -> Result<u16, Refusal> {
        let side = fields.integer(field, 128..=i64::from(u16::MAX))?.unwrap_or(1024);
        if side % 64 != 0 {
            let message = format!("{field}: must be a multiple of 64");
            return Err(Refusal::own(StatusCode::BAD_REQUEST, "invalid_height_or_width", message));
        }
        Ok(u16::try_from(side).unwrap_or(u16::MAX))
    };
    let size = Size::new(side("width")?, side("height")?);
    let allowed = [(1024, 1024), (1152, 896), (1216, 832), (1344, 768), (1536, 640)];
    if !allowed.iter().any(|sides| *sides == (size.width, size.height) || *sides == (size.height, size.width))
    {
        let message = format!("for this engine the sides must be those of an allowed size, not {size}");
        return Err(Refusal::own(StatusCode::BAD_REQUEST, "invalid_sdxl_v1_dimensions", message));
    }
    Ok(size)
}

/// A prompt; nothing of one with a negative weight is drawn.
fn checked(index: usize, text: &str, weight: Option<f64>) -> Result<String, Refusal> {
    let field = format!("text_prompts[{index}].text");
    match text.chars().count() {
        0 => Err(Refusal::missing(field)),
        length @ 2001.. => Err(Refusal::Field(field, Problem::TooLong { length, length_max: 2000 })),
        _ if weight.is_some_and(|weight| weight < 0.0) => Ok(String::new()),
        _ => Ok(text.to_owned()),
    }
}

//! Seedance: a tier and a ratio instead of a size, and parts of content beside the prompt.

use serde_json::Value;

use super::super::super::ratio::Ratio;
use super::super::fields::{object, prompt, seconds};
use super::super::size::Tier;
use super::VideoRequest;
use crate::call::Fields;
use crate::refusal::Refusal;

/// Pixels are refused, whichever name they come by.
pub(super) fn read(fields: &Fields) -> Result<VideoRequest, Refusal> {
    let name = |own, usual| if fields.has(own) { own } else { usual };
    let seconds = seconds(fields, name("duration", "seconds"))?.unwrap_or(5);
    let field = name("resolution", "size");
    let asked = fields.text(field)?.unwrap_or("720p");
    let tier = Tier::parse(asked).filter(|tier| *tier != Tier::P2160);
    let tier = tier.ok_or_else(|| Refusal::not_allowed(field, asked, "'480p', '720p', '1080p'"))?;
    let ratio = Ratio::of(fields, "ratio")?.unwrap_or(Ratio::WIDE);
    let content = content(fields)?;
    let said = content.iter().find_map(|part| part["text"].as_str());
    let prompt = match said {
        Some(said) if !fields.has("prompt") => said.to_owned(),
        _ => prompt(fields)?,
    };
    Ok(VideoRequest { prompt, seconds, size: tier.of_ratio(ratio) })
}

/// Texts, and what the video begins with or resembles. Each part has its content below the name of its type.
fn content(fields: &Fields) -> Result<Vec<Value>, Refusal> {
    let extra = object(fields, "extra_body").filter(|extra| extra.has("content"));
    let content = extra.as_ref().unwrap_or(fields).list("content")?;
    for (index, part) in content.iter().enumerate() {
        let at = |field: &str| format!("content[{index}].{field}");
        let Some(kind) = part["type"].as_str() else { return Err(Refusal::missing(at("type"))) };
        if part.get(kind).is_none() {
            return Err(Refusal::missing(at(kind)));
        }
    }
    Ok(content.to_vec())
}

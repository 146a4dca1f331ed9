//! Veo: a tier or pixels, and older names of the fields.

use super::super::super::ratio::Ratio;
use super::super::fields::{has_reference, prompt, seconds_of};
use super::super::size::{Tier, pixels};
use super::VideoRequest;
use crate::call::Fields;
use crate::refusal::Refusal;

const PIXELS: [&str; 4] = ["1280x720", "720x1280", "1920x1080", "1080x1920"];

/// The first of them knows no 4k.
pub(super) fn read(fields: &Fields, is_first: bool) -> Result<VideoRequest, Refusal> {
    let name = |newer, older| if fields.has(newer) { newer } else { older };
    let seconds_field = name("seconds", "durationSeconds");
    let seconds = seconds_of(fields, seconds_field, &[4, 6, 8])?.unwrap_or(8);
    let size_field = name("size", "resolution");
    let asked = fields.text(size_field)?.unwrap_or("720p");
    let ratio = Ratio::of(fields, "aspectRatio")?.unwrap_or(Ratio::WIDE);
    let is_known = |tier: &Tier| *tier != Tier::P480 && (*tier != Tier::P2160 || !is_first);
    let of_tier = Tier::parse(asked).filter(is_known).map(|tier| tier.of_ratio(ratio));
    let size = of_tier.or_else(|| pixels(asked).filter(|_| PIXELS.contains(&asked)));
    let size = size.ok_or_else(|| {
        let tiers = if is_first { "'720p', '1080p'" } else { "'720p', '1080p', '4k'" };
        Refusal::not_allowed(size_field, asked, format!("{tiers}, or pixels such as '1280x720'"))
    })?;
    if seconds != 8 && (size.width.min(size.height) > 720 || has_reference(fields)) {
        let allowed = "'8' with a reference, in 1080p and in 4k";
        return Err(Refusal::not_allowed(seconds_field, seconds, allowed));
    }
    Ok(VideoRequest { prompt: prompt(fields)?, seconds, size })
}

//! How large a picture is asked for: in pixels, as a tier, or as a ratio.

use super::super::ratio::Ratio;
use super::family::Family;
use crate::call::Fields;
use crate::media::Size;
use crate::refusal::Refusal;

const SIDE_MAX: u16 = 4096;

/// The size that these fields ask for; a square where they don't.
pub(super) fn size(family: Family, fields: &Fields) -> Result<Size, Refusal> {
    let ratio = if family.is_flux() { Ratio::of(fields, "aspect_ratio")? } else { None };
    match (fields.text("size")?, ratio) {
        (None | Some("auto"), None) => Ok(square(1024)),
        (None | Some("auto"), Some(ratio)) => Ok(of_ratio(ratio)),
        (Some(text), _) => {
            let size = tier(text).or_else(|| pixels(family, text));
            size.ok_or_else(|| Refusal::not_allowed("size", text, allowed(family)))
        }
    }
}

fn allowed(family: Family) -> &'static str {
    match family {
        Family::Seedream => "'auto', '1K', '2K', '4K'",
        Family::Alibaba => "'auto', '1K', '2K', '4K', or 'WIDTH*HEIGHT'",
        _ => "'auto', '1K', '2K', '4K', or 'WIDTHxHEIGHT'",
    }
}

fn tier(text: &str) -> Option<Size> {
    match text.to_uppercase().as_str() {
        "1K" => Some(square(1024)),
        "2K" => Some(square(2048)),
        "4K" => Some(square(SIDE_MAX)),
        _ => None,
    }
}

fn pixels(family: Family, text: &str) -> Option<Size> {
    let size = match family {
        Family::Seedream => None,
        Family::Alibaba if text.contains('x') => None,
        Family::Alibaba => Size::parse(&text.replace('*', "x")),
        _ => Size::parse(text),
    };
    let is_allowed = |side| (1..=SIDE_MAX).contains(&side);
    size.filter(|size| is_allowed(size.width) && is_allowed(size.height))
}

/// The longer side has 1024 pixels.
fn of_ratio(ratio: Ratio) -> Size {
    let side = |side: u16| u16::try_from(u32::from(side) * 1024 / ratio.long()).unwrap_or(1024);
    Size::new(side(ratio.width), side(ratio.height))
}

fn square(side: u16) -> Size {
    Size::new(side, side)
}

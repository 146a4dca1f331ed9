//! Ratios of width to height.

use crate::call::Fields;
use crate::refusal::Refusal;

/// Width to height, from 21:9 to 9:21.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ratio {
    pub(super) width: u16,
    pub(super) height: u16,
}

impl Ratio {
    pub(super) const WIDE: Self = Self { width: 16, height: 9 };

    /// Reads a field such as `9:16`.
    pub(super) fn of(fields: &Fields, field: &str) -> Result<Option<Self>, Refusal> {
        let Some(text) = fields.text(field)? else { return Ok(None) };
        let ratio = text.split_once(':').and_then(|(width, height)| {
            Some(Self { width: width.parse().ok()?, height: height.parse().ok()? })
        });
        let ratio = ratio.filter(|ratio| ratio.short() > 0 && ratio.long() * 9 <= ratio.short() * 21);
        ratio.map(Some).ok_or_else(|| Refusal::not_allowed(field, text, "ratios from 21:9 to 9:21"))
    }

    pub(super) fn long(self) -> u32 {
        self.width.max(self.height).into()
    }

    pub(super) fn short(self) -> u32 {
        self.width.min(self.height).into()
    }
}

//! Which rules a model has.

use crate::call::Fields;
use crate::refusal::Refusal;

/// Models with the same rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    OpenAi(OpenAiModels),
    /// Qwen and Wan: sizes with a `*`.
    Alibaba,
    /// Sizes of a tier only.
    Seedream,
    /// Ratios instead of sizes.
    Flux,
    /// Likewise, and on the route for all models the picture takes a while.
    FluxTask,
    /// Qualities of its own.
    Glm,
    Other,
}

/// Which of OpenAI's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OpenAiModels {
    /// Up to `gpt-image-1.5`: three sizes.
    First,
    /// Any size.
    Newer,
}

/// What the names of each family begin with. The first one that fits counts.
const BEGINNINGS: [(&str, Family); 9] = [
    ("gpt-image-1", Family::OpenAi(OpenAiModels::First)),
    ("gpt-image-", Family::OpenAi(OpenAiModels::Newer)),
    ("qwen-image", Family::Alibaba),
    ("wan", Family::Alibaba),
    ("doubao-seedream-", Family::Seedream),
    ("flux-2-", Family::FluxTask),
    ("flux-kontext-", Family::FluxTask),
    ("FLUX", Family::Flux),
    ("glm-image", Family::Glm),
];

impl Family {
    pub(super) fn of(model: &str) -> Self {
        let known = BEGINNINGS.iter().find(|(beginning, _)| model.starts_with(beginning));
        known.map_or(Self::Other, |(_, family)| *family)
    }

    pub(super) fn is_flux(self) -> bool {
        matches!(self, Self::Flux | Self::FluxTask)
    }

    pub(super) fn qualities(self) -> &'static [&'static str] {
        if self == Self::Glm { &["hd", "standard"] } else { &["low", "medium", "high"] }
    }
}

impl OpenAiModels {
    /// What their newest don't have: a list of sizes.
    pub(super) fn check(self, fields: &Fields) -> Result<(), Refusal> {
        if self == Self::First {
            fields.one_of("size", &["auto", "1024x1024", "1536x1024", "1024x1536"])?;
        }
        Ok(())
    }
}

//! Which rules a model has: each family has lengths, sizes and spellings of its own.

mod seedance;
mod veo;
mod wan;

use super::fields::{check_reference, prompt, seconds, seconds_of, size};
use crate::call::Fields;
use crate::media::Size;
use crate::refusal::{Problem, Refusal};
use wan::WanModel;

/// Models with the same rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    Sora {
        is_pro: bool,
    },
    Veo {
        is_first: bool,
    },
    Wan(WanModel),
    Seedance,
    /// Kling, and the models of the settings.
    Other,
}

/// A request for a video that keeps to the rules.
pub(super) struct VideoRequest {
    pub(super) prompt: String,
    pub(super) seconds: i64,
    pub(super) size: Size,
}

impl Family {
    pub(super) fn of(model: &str) -> Self {
        if model.starts_with("sora-") {
            Self::Sora { is_pro: model.ends_with("-pro") }
        } else if model.starts_with("veo-") {
            Self::Veo { is_first: model.starts_with("veo-2") }
        } else if model.starts_with("doubao-seedance-") {
            Self::Seedance
        } else {
            WanModel::of(model).map_or(Self::Other, Self::Wan)
        }
    }

    /// What these fields ask of a model of the family.
    pub(super) fn read(self, fields: &Fields) -> Result<VideoRequest, Refusal> {
        check_reference(fields)?;
        match self {
            Self::Sora { is_pro } => sora(fields, is_pro),
            Self::Veo { is_first } => veo::read(fields, is_first),
            Self::Wan(model) => wan::read(fields, model),
            Self::Seedance => seedance::read(fields),
            Self::Other => other(fields),
        }
    }
}

fn sora(fields: &Fields, is_pro: bool) -> Result<VideoRequest, Refusal> {
    let sizes = ["720x1280", "1280x720", "1024x1792", "1792x1024"];
    let sizes = if is_pro { &sizes[..] } else { &sizes[..2] };
    let seconds = seconds_of(fields, "seconds", &[4, 8, 12])?.unwrap_or(4);
    let asked = fields.one_of("size", sizes)?.unwrap_or(sizes[0]);
    Ok(VideoRequest { prompt: prompt(fields)?, seconds, size: size("size", asked)? })
}

/// The page leaves these to the model's own vendor, but for Kling's pictures.
fn other(fields: &Fields) -> Result<VideoRequest, Refusal> {
    const PICTURES_MAX: usize = 4;
    for field in ["image", "image_tail"] {
        fields.text(field)?;
    }
    let length = fields.list("image_list")?.len();
    if length > PICTURES_MAX {
        let problem = Problem::TooLong { length, length_max: PICTURES_MAX };
        return Err(Refusal::Field("image_list".into(), problem));
    }
    let seconds = seconds(fields, "seconds")?.unwrap_or(5);
    let size = size("size", fields.text("size")?.unwrap_or("1280x720"))?;
    Ok(VideoRequest { prompt: prompt(fields)?, seconds, size })
}

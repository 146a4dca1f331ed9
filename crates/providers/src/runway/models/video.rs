//! What a model of videos can be told, and by which of the vendor's ways it makes one.

use fourfold_domain::{InvalidInput, Modality, ModelSpec, Parameter, ParameterKind, VideoRequest};

use super::frame::{Frame, FrameFields};
use super::{check_length, first, public_figures, seed, words};
use crate::parameters::{choice, number, text, whole};

/// A model that makes videos.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VideoModel {
    pub(crate) name: &'static str,
    /// The longest prompt, in UTF-16 code units.
    pub(super) prompt_units_max: usize,
    pub(super) seconds: Seconds,
    pub(super) frame: Frame,
    /// How many pictures it looks at.
    pub(super) references_max: usize,
    /// The files that it writes, the usual one first.
    pub(super) formats: &'static str,
    /// Whether a video to work from goes into `videoUri`, not into `promptVideo`.
    pub(crate) has_video_uri: bool,
    /// What it takes where there are only words, if it makes a video of them.
    pub(super) words: Option<Takes>,
    /// What it takes where there is a picture to begin with.
    pub(super) image: Option<Takes>,
    /// What it takes where there is a video to work from.
    pub(super) video: Option<Takes>,
    /// What it takes where there are a picture of somebody and a video of how he is to act.
    pub(super) performance: Option<Takes>,
}

/// The ways to a video. Each is a route of the vendor's, and follows from what is handed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Words,
    Image,
    Video,
    Performance,
}

/// What a model takes on one way, by our names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Takes {
    pub(super) needs: &'static [&'static str],
    pub(super) may: &'static [&'static str],
}

/// How long a video may be. Where a way doesn't take `seconds`, it is as long as the video that is handed in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seconds {
    /// From and to, 5 by default.
    Range(i64, i64),
    /// One of these, the first by default.
    OneOf(&'static [i64]),
}

/// What says the frame.
const FRAME_NAMES: [&str; 3] = ["size", "aspect_ratio", "resolution"];

/// All that a video can be told, in the order of the table.
const NAMES: [&str; 21] = [
    "prompt",
    "image",
    "last_image",
    "references",
    "video",
    "seconds",
    "size",
    "aspect_ratio",
    "resolution",
    "audio",
    "seed",
    "negative_prompt",
    "cfg_scale",
    "prompt_expansion_mode",
    "mode",
    "keep_original_sound",
    "body_control",
    "expression_intensity",
    "output_format",
    "prores_profile",
    "public_figure_threshold",
];

impl Way {
    /// The way that a request asks for.
    pub(crate) fn of(video: &VideoRequest) -> Self {
        match (&video.image, &video.video) {
            (None, None) => Self::Words,
            (Some(_), None) => Self::Image,
            (None, Some(_)) => Self::Video,
            (Some(_), Some(_)) => Self::Performance,
        }
    }

    /// Completes "this model takes it not".
    fn from(self) -> &'static str {
        match self {
            Self::Words => "from words alone",
            Self::Image => "from a picture",
            Self::Video => "from a video",
            Self::Performance => "from a picture and a video",
        }
    }

    /// Whether this is the way because of that field.
    fn is(self, name: &str) -> bool {
        match self {
            Self::Words => false,
            Self::Image => name == "image",
            Self::Video => name == "video",
            Self::Performance => name == "image" || name == "video",
        }
    }
}

impl VideoModel {
    /// The model of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        super::video_table::MODELS.iter().find(|model| model.name == name)
    }

    /// Its row of the table: all that it can be told on any way.
    pub(super) fn spec(&self) -> ModelSpec {
        let is_taken = |name: &&str| {
            let of_way = self.ways().any(|(way, takes)| way.is(name) || takes.has(name));
            of_way || *name == "seconds"
        };
        let row = |name: &str| {
            let row = self.row(name)?;
            let is_needed = |(way, takes): (Way, Takes)| way.is(name) || takes.needs.contains(&name);
            Some(if self.ways().all(is_needed) { row.required() } else { row })
        };
        ModelSpec {
            vendor_model: self.name.to_owned(),
            modality: Modality::Video,
            parameters: NAMES.iter().filter(|name| is_taken(name)).filter_map(|name| row(name)).collect(),
        }
    }

    /// Whether this way is as long as asked, not as the video that is handed in.
    pub(crate) fn takes_seconds(&self, way: Way) -> bool {
        self.takes(way).is_some_and(|takes| takes.has("seconds"))
    }

    /// Refuses what this model can't do together, which its row can't say.
    pub(crate) fn check(&self, video: &VideoRequest) -> Result<(), InvalidInput> {
        let way = Way::of(video);
        let takes = self.takes(way).ok_or_else(|| self.no_way(way))?;
        let given = given(video);
        for name in &given {
            if !takes.has(name) {
                let allowed = format!("isn't taken by this model {}", way.from());
                return Err(InvalidInput::not_allowed(format!("input.{name}"), allowed));
            }
        }
        if let Some(name) = takes.needs.iter().find(|name| !given.contains(name)) {
            let allowed = format!("is required by this model {}", way.from());
            return Err(InvalidInput::malformed(format!("input.{name}"), allowed));
        }
        check_length("input.prompt", video.prompt.as_deref().unwrap_or_default(), self.prompt_units_max)?;
        self.check_combinations(way, video)
    }

    fn check_combinations(&self, way: Way, video: &VideoRequest) -> Result<(), InvalidInput> {
        let not_allowed = |field: &'static str, allowed: &str| Err(InvalidInput::not_allowed(field, allowed));
        let is_prores = video.extras.get("output_format").is_some_and(|format| format == "prores");
        if video.extras.get("prores_profile").is_some_and(|profile| !profile.is_null()) && !is_prores {
            return not_allowed("input.prores_profile", "is only for input.output_format prores");
        }
        match (self.name, way) {
            ("gen4.5", Way::Words) => match &video.size {
                Some(size) if !["1280x720", "720x1280"].contains(&size.to_string().as_str()) => {
                    not_allowed("input.size", "must be one of 1280x720, 720x1280 from words alone")
                }
                _ => Ok(()),
            },
            ("hailuo3", Way::Words)
                if video.aspect_ratio.as_deref() == Some("adaptive") && video.references.is_empty() =>
            {
                not_allowed("input.aspect_ratio", "can be adaptive only to a picture or a video")
            }
            ("klingO3_standard" | "klingO3_pro" | "klingO3_4k", Way::Video) if video.references.len() > 4 => {
                not_allowed("input.references", "must be at most 4 media from a video")
            }
            _ => Ok(()),
        }
    }

    /// Where the vendor has the frame of a request.
    pub(crate) fn frame(&self, way: Way, video: &VideoRequest) -> FrameFields {
        match self.takes(way) {
            Some(takes) if FRAME_NAMES.iter().any(|name| takes.has(name)) => self.frame.fields(way, video),
            _ => FrameFields::default(),
        }
    }

    fn takes(&self, way: Way) -> Option<Takes> {
        self.ways().find(|(known, _)| *known == way).map(|(_, takes)| takes)
    }

    fn ways(&self) -> impl Iterator<Item = (Way, Takes)> {
        let ways = [
            (Way::Words, self.words),
            (Way::Image, self.image),
            (Way::Video, self.video),
            (Way::Performance, self.performance),
        ];
        ways.into_iter().filter_map(|(way, takes)| Some((way, takes?)))
    }

    /// Why there is no such way.
    fn no_way(&self, way: Way) -> InvalidInput {
        let required = |field| InvalidInput::malformed(field, "is required by this model");
        match way {
            Way::Words | Way::Video if self.image.or(self.performance).is_some() => required("input.image"),
            Way::Words => required("input.video"),
            Way::Image if self.performance.is_some() => required("input.video"),
            Way::Image => InvalidInput::not_allowed("input.image", "isn't taken by this model"),
            Way::Video => InvalidInput::not_allowed("input.video", "isn't taken by this model"),
            Way::Performance => {
                let allowed =
                    "can't be given together with input.video; what is only looked at are references";
                InvalidInput::not_allowed("input.image", allowed)
            }
        }
    }

    fn row(&self, name: &str) -> Option<Parameter> {
        let media = |about: &str| Parameter::new(name, ParameterKind::Media, about);
        let acts = self.performance.is_some();
        Some(match name {
            "prompt" => text(name, self.prompt_units_max, "what to show"),
            "image" if acts => media("a picture of who is to act"),
            "image" => media("a picture to begin with"),
            "last_image" => media("a picture to end with, where there is one to begin with"),
            "references" => Parameter::new(
                name,
                ParameterKind::MediaList { max: self.references_max },
                "pictures of what is to be seen",
            ),
            "video" if acts => media("an MP4 or MOV video of somebody who acts, of 3 to 30 s"),
            "video" if self.follows() => media("an MP4 or MOV video to work from, at most 32 MB"),
            "video" => media("a video to work from"),
            "seconds" => self.seconds_row(),
            "audio" => {
                let row = Parameter::new(name, ParameterKind::Boolean, "whether there is sound");
                if self.ways().all(|(_, takes)| takes.has(name)) { row.default(true) } else { row }
            }
            "seed" => seed(),
            "negative_prompt" => text(name, self.prompt_units_max, "what isn't to be seen"),
            "cfg_scale" => number(name, 0.0, 1.0, "how closely it keeps to the prompt"),
            "prompt_expansion_mode" => {
                words(name, "disabled balanced quality", "how far the prompt is written out")
            }
            "mode" => words(name, "reference extend edit", "what becomes of the video that is handed in"),
            "keep_original_sound" => {
                let about = "whether the sound of the video that is handed in is kept";
                Parameter::new(name, ParameterKind::Boolean, about)
            }
            "body_control" => {
                Parameter::new(name, ParameterKind::Boolean, "whether it is acted with the body too")
            }
            "expression_intensity" => whole(name, 1, 5, "how strong the expression is"),
            "output_format" => words(name, self.formats, "the file").default(first(self.formats)),
            "prores_profile" => {
                let profiles = ["422", "4444", "422 Proxy", "422 LT", "422 HQ", "4444 XQ"];
                choice(name, &profiles, "which ProRes, where the file is that")
            }
            "public_figure_threshold" => public_figures(),
            _ => return self.frame.rows().into_iter().find(|row| row.name == name),
        })
    }

    /// Whether it makes videos that are as long as the one that is handed in.
    fn follows(&self) -> bool {
        !self.ways().all(|(_, takes)| takes.has("seconds"))
    }

    fn seconds_row(&self) -> Parameter {
        let about = if self.follows() {
            "how long; from a video the result is as long as that, which mustn't be longer than this"
        } else {
            "how long"
        };
        match self.seconds {
            Seconds::Range(min, max) => whole("seconds", min, max, about).default(5),
            Seconds::OneOf(choices) => {
                let kind = ParameterKind::IntegerChoice(choices.to_vec());
                Parameter::new("seconds", kind, about).default(choices.first().copied())
            }
        }
    }
}

impl Takes {
    fn has(self, name: &str) -> bool {
        self.needs.contains(&name) || self.may.contains(&name)
    }
}

/// The names of what a request has, beside what makes the way, and seconds, which all have.
fn given(video: &VideoRequest) -> Vec<&str> {
    let typed = [
        ("prompt", video.prompt.is_some()),
        ("last_image", video.last_image.is_some()),
        ("references", !video.references.is_empty()),
        ("size", video.size.is_some()),
        ("aspect_ratio", video.aspect_ratio.is_some()),
        ("resolution", video.resolution.is_some()),
        ("audio", video.audio.is_some()),
        ("seed", video.seed.is_some()),
    ];
    let typed = typed.into_iter().filter_map(|(name, is_given)| is_given.then_some(name));
    let extras = video.extras.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str());
    typed.chain(extras).collect()
}

//! How a model of videos is told the frame: in which of our words, and in which of the vendor's fields.

use fourfold_domain::{Parameter, VideoRequest};

use super::grid::{Auto, Grid};
use super::video::Way;
use super::{first, sizes, words};

/// How a model is told the frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    /// By one of these sizes, the first by default.
    Size(&'static str),
    /// By one of these sizes; left out, as what is handed in, and the first from words alone.
    SizeOrAsGiven(&'static str),
    /// By aspect and resolution, which are one of the vendor's sizes.
    Grid(Grid),
    /// By these aspects of the vendor's and these resolutions, the first resolution by default.
    AspectAndResolution(&'static str, &'static str),
    /// By one of these resolutions, the first by default.
    Resolution(&'static str),
    /// By the aspect to bring a video to.
    Target(&'static str),
}

/// Where the vendor has the frame.
#[derive(Default)]
pub(crate) struct FrameFields {
    pub(crate) ratio: Option<String>,
    pub(crate) resolution: Option<String>,
    pub(crate) target_aspect_ratio: Option<String>,
}

/// Where nothing else is asked for.
const GRID_RESOLUTION: &str = "720p";
const GRID_ASPECT: &str = "16:9";

impl Frame {
    /// Its rows of the table.
    pub(super) fn rows(&self) -> Vec<Parameter> {
        let resolution = |choices, usual| words("resolution", choices, "how finely").default(usual);
        match *self {
            Self::Size(choices) => vec![sizes(choices, "how large").default(our_size(choices))],
            Self::SizeOrAsGiven(choices) => {
                let usual = our_size(choices);
                let about = format!("how large; left out, as what is handed in, {usual} from words alone");
                vec![sizes(choices, &about)]
            }
            Self::Grid(grid) => {
                let about = match grid.auto {
                    Auto::Ratio => "width to height; left out, as the model finds right",
                    _ => "width to height, from words alone; 16:9 where it is left out",
                };
                let aspects: Vec<_> = grid.aspects().collect();
                vec![
                    words("aspect_ratio", &aspects.join(" "), about),
                    resolution(grid.resolutions, GRID_RESOLUTION),
                ]
            }
            Self::AspectAndResolution(aspects, resolutions) => vec![
                words("aspect_ratio", aspects, "width to height"),
                resolution(resolutions, first(resolutions)),
            ],
            Self::Resolution(resolutions) => vec![resolution(resolutions, first(resolutions))],
            Self::Target(aspects) => {
                vec![words("aspect_ratio", aspects, "width to height, to bring the video to")]
            }
        }
    }

    /// The vendor's fields for what a request says.
    pub(super) fn fields(&self, way: Way, video: &VideoRequest) -> FrameFields {
        let (aspect, resolution) = (video.aspect_ratio.clone(), video.resolution.clone());
        let size = video.size.map(|size| format!("{}:{}", size.width, size.height));
        let by_ratio = |ratio| FrameFields { ratio, ..FrameFields::default() };
        match self {
            Self::Size(choices) => by_ratio(size.or_else(|| Some(first(choices).to_owned()))),
            Self::SizeOrAsGiven(choices) => {
                by_ratio(size.or_else(|| (way == Way::Words).then(|| first(choices).to_owned())))
            }
            Self::Grid(grid) => {
                let resolution = resolution.unwrap_or_else(|| GRID_RESOLUTION.to_owned());
                match (aspect, grid.auto) {
                    (None, Auto::Ratio) => by_ratio(Some(format!("auto_{resolution}"))),
                    (None, Auto::RatioOfPicture) if way != Way::Words => {
                        by_ratio(Some(format!("auto_{resolution}")))
                    }
                    (None, Auto::ResolutionOfPicture) if way != Way::Words => {
                        FrameFields { resolution: Some(resolution), ..FrameFields::default() }
                    }
                    (aspect, _) => {
                        let size = grid.size(&resolution, aspect.as_deref().unwrap_or(GRID_ASPECT));
                        by_ratio(size.map(str::to_owned))
                    }
                }
            }
            Self::AspectAndResolution(..) | Self::Resolution(_) => {
                FrameFields { ratio: aspect, resolution, target_aspect_ratio: None }
            }
            Self::Target(_) => FrameFields { target_aspect_ratio: aspect, ..FrameFields::default() },
        }
    }
}

/// The first of the vendor's sizes as we write it.
fn our_size(sizes: &str) -> String {
    first(sizes).replace(':', "x")
}

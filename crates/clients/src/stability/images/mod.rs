//! `/v2beta/stable-image/…`: pictures from words and from pictures, one a call.
//!
//! What is made at once is an [`ImageRequest`], what takes a while an [`ImageTaskRequest`]; each has a request of its own
//! for each route, and one call for all of them.

mod control;
mod edit;
mod generate;
mod upscale;
mod words;

pub use control::{ControlRequest, ControlStyleRequest, StyleTransferRequest};
pub use edit::{
    EraseRequest, InpaintRequest, OutpaintRequest, RelightRequest, RemoveBackgroundRequest,
    SearchAndRecolorRequest, SearchAndReplaceRequest,
};
pub use generate::{CoreRequest, Sd3Request, UltraRequest};
pub use upscale::{ConservativeUpscaleRequest, CreativeUpscaleRequest, FastUpscaleRequest};
pub use words::{AspectRatio, ImageFormat, StylePreset};

use super::form::Form;
use super::generated::{self, Generated, Made};
use super::results::{self, Task};
use crate::http::{BaseHttpClient, ClientError};

/// A picture that is made at once, and what makes it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum ImageRequest {
    /// From words, fast and cheap.
    Core(CoreRequest),
    /// From words or a picture, as well as the vendor can.
    Ultra(UltraRequest),
    /// From words or a picture, by a model of Stable Diffusion 3.5.
    Sd3(Sd3Request),
    /// Four times as wide and high.
    UpscaleFast(FastUpscaleRequest),
    /// To four megapixels, with little that is new.
    UpscaleConservative(ConservativeUpscaleRequest),
    /// Without what the mask covers.
    Erase(EraseRequest),
    /// With something else where the mask is.
    Inpaint(InpaintRequest),
    /// With more at its sides.
    Outpaint(OutpaintRequest),
    /// With something else for what is named.
    SearchAndReplace(SearchAndReplaceRequest),
    /// With other colours for what is named.
    SearchAndRecolor(SearchAndRecolorRequest),
    /// Without what is behind.
    RemoveBackground(RemoveBackgroundRequest),
    /// Drawn over a sketch.
    Sketch(ControlRequest),
    /// With the structure of another.
    Structure(ControlRequest),
    /// In the style of another, from words.
    Style(ControlStyleRequest),
    /// In the style of another, from a picture.
    StyleTransfer(StyleTransferRequest),
}

/// A picture that takes a while, and what makes it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "made for one call, and borrowed by it")]
pub enum ImageTaskRequest {
    /// To four megapixels, with much that is new.
    UpscaleCreative(CreativeUpscaleRequest),
    /// With something else behind, and its light.
    ReplaceBackgroundAndRelight(RelightRequest),
}

impl ImageRequest {
    fn route(&self) -> (&'static str, &dyn Form) {
        match self {
            Self::Core(request) => ("v2beta/stable-image/generate/core", request),
            Self::Ultra(request) => ("v2beta/stable-image/generate/ultra", request),
            Self::Sd3(request) => ("v2beta/stable-image/generate/sd3", request),
            Self::UpscaleFast(request) => ("v2beta/stable-image/upscale/fast", request),
            Self::UpscaleConservative(request) => ("v2beta/stable-image/upscale/conservative", request),
            Self::Erase(request) => ("v2beta/stable-image/edit/erase", request),
            Self::Inpaint(request) => ("v2beta/stable-image/edit/inpaint", request),
            Self::Outpaint(request) => ("v2beta/stable-image/edit/outpaint", request),
            Self::SearchAndReplace(request) => ("v2beta/stable-image/edit/search-and-replace", request),
            Self::SearchAndRecolor(request) => ("v2beta/stable-image/edit/search-and-recolor", request),
            Self::RemoveBackground(request) => ("v2beta/stable-image/edit/remove-background", request),
            Self::Sketch(request) => ("v2beta/stable-image/control/sketch", request),
            Self::Structure(request) => ("v2beta/stable-image/control/structure", request),
            Self::Style(request) => ("v2beta/stable-image/control/style", request),
            Self::StyleTransfer(request) => ("v2beta/stable-image/control/style-transfer", request),
        }
    }
}

impl ImageTaskRequest {
    fn route(&self) -> (&'static str, &dyn Form) {
        match self {
            Self::UpscaleCreative(request) => ("v2beta/stable-image/upscale/creative", request),
            Self::ReplaceBackgroundAndRelight(request) => {
                ("v2beta/stable-image/edit/replace-background-and-relight", request)
            }
        }
    }
}

pub(super) async fn generate(
    http: &BaseHttpClient,
    request: &ImageRequest,
) -> Result<Generated, ClientError> {
    let (path, request) = request.route();
    generated::generate(http, Made { path, accept: "image/*", operation: "generate_image" }, request).await
}

pub(super) async fn start(http: &BaseHttpClient, request: &ImageTaskRequest) -> Result<Task, ClientError> {
    let (path, request) = request.route();
    results::start(http, path, "start_image", request).await
}

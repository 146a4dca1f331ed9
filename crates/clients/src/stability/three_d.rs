//! `/v2beta/3d/…`: a model, as binary glTF, from a picture of it.

use super::form::{Form, form_type};
use super::generated::{self, Generated, Made};
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::File;

/// What makes a model, with what it is told.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum ThreeDRequest {
    /// `stable-fast-3d`.
    Fast(Fast3dRequest),
    /// `stable-point-aware-3d`: guesses better what the picture doesn't show.
    PointAware(PointAware3dRequest),
}

form_type! {
    /// Which model is to be made fast.
    pub struct Fast3dRequest {
        must {
            /// The picture of it.
            image: File,
        }
        may {
            /// The sides of its texture, in pixels: `512`, `1024` (the default), `2048`.
            texture_resolution: String,
            /// How much of the picture is what stands before, with room around it. Default 0.85.
            foreground_ratio: f64,
            /// What its surface is made of again: `none` (the default), `triangle`, `quad`.
            remesh: String,
            /// How many vertices, about, if `remesh` is set; -1 is as many as come.
            vertex_count: i32,
        }
    }
}

form_type! {
    /// Which model is to be made by its points.
    pub struct PointAware3dRequest {
        must {
            /// The picture of it.
            image: File,
        }
        may {
            /// The sides of its texture, in pixels: `512`, `1024` (the default), `2048`.
            texture_resolution: String,
            /// How much smaller than the picture what stands before is. Default 1.3.
            foreground_ratio: f64,
            /// What its surface is made of again: `none` (the default), `triangle`, `quad`.
            remesh: String,
            /// What is counted, if `remesh` is set: `none` (the default), `vertex`, `face`.
            target_type: String,
            /// How many of them, about.
            target_count: u32,
            /// How much it keeps to the picture. Default 3.
            guidance_scale: f64,
            /// What makes the same model again; 0 is chance.
            seed: u32,
        }
    }
}

impl ThreeDRequest {
    fn route(&self) -> (&'static str, &dyn Form) {
        match self {
            Self::Fast(request) => ("v2beta/3d/stable-fast-3d", request),
            Self::PointAware(request) => ("v2beta/3d/stable-point-aware-3d", request),
        }
    }
}

pub(super) async fn generate(
    http: &BaseHttpClient,
    request: &ThreeDRequest,
) -> Result<Generated, ClientError> {
    let (path, request) = request.route();
    generated::generate(http, Made { path, accept: "*/*", operation: "generate_3d" }, request).await
}

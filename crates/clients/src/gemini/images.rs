//! `models/{model}:predict`: pictures from Imagen, a service that the vendor has closed, and whose wire others speak on.

use bytes::Bytes;
use serde_json::Value;

use super::name::model_path;
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{unpacked, wire_type};

wire_type! {
    /// Which pictures are to be made by Imagen.
    pub struct PredictRequest {
        must {
            /// The model's name, with or without `models/`.
            #[serde(skip)]
            model: String,
            /// What is to be seen: one instance.
            instances: Vec<PredictInstance>,
        }
        may {
            /// What the pictures are to be like.
            parameters: PredictParameters,
        }
    }
}

impl PredictRequest {
    /// Pictures of this.
    pub fn of_prompt(model: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self::new(model, [PredictInstance::new(prompt)])
    }
}

wire_type! {
    /// What is to be seen.
    pub struct PredictInstance {
        must {
            /// The words for it.
            prompt: String,
        }
        may {}
    }
}

wire_type! {
    /// What pictures of Imagen's are to be like.
    #[serde(rename_all = "camelCase")]
    pub struct PredictParameters {
        may {
            /// How many, from 1 to 4.
            sample_count: u32,
            /// `1:1`, `3:4`, `4:3`, `9:16`, `16:9`.
            aspect_ratio: String,
            /// `1K` or `2K`.
            sample_image_size: String,
            /// Who may be seen: `dont_allow`, `allow_adult`, `allow_all`.
            person_generation: String,
            /// From when on the filter blocks.
            safety_setting: String,
            /// The language of the prompt.
            language: String,
            /// Whether the answer says why a picture isn't there.
            include_rai_reason: bool,
            /// Whether the answer says what the filter found.
            include_safety_attributes: bool,
            /// How closely the prompt is followed.
            guidance_scale: f64,
            /// How the pictures are written.
            output_options: OutputOptions,
        }
    }
}

wire_type! {
    /// How pictures are written.
    #[serde(rename_all = "camelCase")]
    pub struct OutputOptions {
        may {
            /// `image/png` or `image/jpeg`.
            mime_type: String,
            /// From 0 to 100, for formats that lose something.
            compression_quality: u32,
        }
    }
}

wire_type! {
    /// The pictures. What the filter took isn't there, or is without bytes.
    pub struct Predictions {
        must {
            /// The pictures.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            predictions: Vec<Prediction>,
        }
        may {}
    }
}

wire_type! {
    /// A picture, or why there is none.
    #[serde(rename_all = "camelCase")]
    pub struct Prediction {
        may {
            /// What it is, such as `image/png`.
            mime_type: String,
            /// The picture in base64.
            bytes_base64_encoded: String,
            /// Why the filter took it, where that was asked for.
            rai_filtered_reason: String,
            /// What the filter found, where that was asked for.
            safety_attributes: Value,
        }
    }
}

impl Prediction {
    /// The picture itself, if the filter left it.
    pub fn bytes(&self) -> Result<Option<Bytes>, ClientError> {
        self.bytes_base64_encoded.as_deref().map(unpacked).transpose()
    }
}

pub(super) async fn predict(
    http: &BaseHttpClient,
    request: &PredictRequest,
) -> Result<Predictions, ClientError> {
    let path = format!("{}:predict", model_path(&request.model));
    http.post(&path).operation("predict").json(request).paid().send().await?.json()
}

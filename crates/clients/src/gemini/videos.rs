//! `models/{model}:predictLongRunning` and its operations: videos from Veo, a service that the vendor has closed, and
//! whose wire others speak on.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::name::{model_path, path};
use super::status::Status;
use crate::http::{BaseHttpClient, ClientError};
use crate::vendor::{Pace, Stand, Wait, WaitError, until_over, wire_type};

wire_type! {
    /// Which videos are to be made by Veo.
    pub struct VideoRequest {
        must {
            /// The model's name, with or without `models/`.
            #[serde(skip)]
            model: String,
            /// What is to be seen: one instance.
            instances: Vec<VideoInstance>,
        }
        may {
            /// What the videos are to be like.
            parameters: VideoParameters,
        }
    }
}

impl VideoRequest {
    /// A video of this.
    pub fn of_prompt(model: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self::new(model, [VideoInstance::default().prompt(prompt)])
    }
}

wire_type! {
    /// What is to be seen.
    #[serde(rename_all = "camelCase")]
    pub struct VideoInstance {
        may {
            /// The words for it.
            prompt: String,
            /// The picture that the video begins with.
            image: VideoImage,
            /// The picture that the video ends with.
            last_frame: VideoImage,
            /// Pictures of what is in it.
            reference_images: Vec<ReferenceImage>,
            /// The video that is gone on with.
            video: VideoFile,
        }
    }
}

wire_type! {
    /// A picture for a video.
    #[serde(rename_all = "camelCase")]
    pub struct VideoImage {
        must {
            /// The picture in base64.
            bytes_base64_encoded: String,
            /// What it is, such as `image/png`.
            mime_type: String,
        }
        may {}
    }
}

impl VideoImage {
    /// A picture of this media type.
    pub fn of_bytes(media_type: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::new(BASE64_STANDARD.encode(bytes), media_type)
    }
}

wire_type! {
    /// A picture of what is in a video.
    #[serde(rename_all = "camelCase")]
    pub struct ReferenceImage {
        must {
            /// The picture.
            image: VideoImage,
        }
        may {
            /// What it is for, such as `asset`.
            reference_type: String,
        }
    }
}

wire_type! {
    /// What videos of Veo's are to be like.
    #[serde(rename_all = "camelCase")]
    pub struct VideoParameters {
        may {
            /// How many.
            sample_count: u32,
            /// How long, in seconds: 4, 6 or 8, and only 8 where they are large.
            duration_seconds: u32,
            /// `16:9` or `9:16`.
            aspect_ratio: String,
            /// `720p`, `1080p`, `4k`.
            resolution: String,
            /// What is not to be seen.
            negative_prompt: String,
            /// Who may be seen: `dont_allow`, `allow_adult`, `allow_all`.
            person_generation: String,
        }
    }
}

wire_type! {
    /// Work that takes a while.
    pub struct Operation {
        must {
            /// Its name, such as `models/veo-3.1-generate-preview/operations/1`.
            name: String,
        }
        may {
            /// Whether it is over.
            done: bool,
            /// What it made, if it is over and didn't fail.
            response: OperationResponse,
            /// Why it failed.
            error: Status,
            /// What more there is to say about it.
            metadata: Value,
        }
    }
}

impl Operation {
    /// The videos that were made. The filter may have taken some or all, without an error.
    pub fn videos(&self) -> impl Iterator<Item = &VideoFile> {
        let samples = self.made().and_then(|made| made.generated_samples.as_deref()).unwrap_or_default();
        samples.iter().filter_map(|sample| sample.video.as_ref())
    }

    /// Why the filter took videos.
    pub fn filtered_reasons(&self) -> &[String] {
        self.made().and_then(|made| made.rai_media_filtered_reasons.as_deref()).unwrap_or_default()
    }

    fn made(&self) -> Option<&GeneratedVideos> {
        self.response.as_ref()?.generate_video_response.as_ref()
    }
}

wire_type! {
    /// What an operation made.
    #[serde(rename_all = "camelCase")]
    pub struct OperationResponse {
        may {
            /// The vendor's name for what this is.
            #[serde(rename = "@type")]
            kind: String,
            /// Videos.
            generate_video_response: GeneratedVideos,
        }
    }
}

wire_type! {
    /// Videos that were made.
    #[serde(rename_all = "camelCase")]
    pub struct GeneratedVideos {
        may {
            /// The videos.
            generated_samples: Vec<GeneratedVideo>,
            /// How many the filter took.
            rai_media_filtered_count: u32,
            /// Why it took them.
            rai_media_filtered_reasons: Vec<String>,
        }
    }
}

wire_type! {
    /// A video that was made.
    pub struct GeneratedVideo {
        may {
            /// Where it is.
            video: VideoFile,
        }
    }
}

wire_type! {
    /// A video, by where it is or in base64.
    #[serde(rename_all = "camelCase")]
    pub struct VideoFile {
        may {
            /// Where it is, for two days. It is downloaded by [`download_file`](super::GeminiApi::download_file).
            uri: String,
            /// The video in base64.
            encoded_video: String,
            /// What it is, such as `video/mp4`.
            encoding: String,
        }
    }
}

pub(super) async fn generate(
    http: &BaseHttpClient,
    request: &VideoRequest,
) -> Result<Operation, ClientError> {
    let path = format!("{}:predictLongRunning", model_path(&request.model));
    http.post(&path).operation("generate_video").json(request).paid().send().await?.json()
}

pub(super) async fn get(http: &BaseHttpClient, name: &str) -> Result<Operation, ClientError> {
    http.get(&path(name)).operation("get_operation").send().await?.json()
}

pub(super) async fn wait(http: &BaseHttpClient, name: &str, wait: &Wait) -> Result<Operation, WaitError> {
    until_over(name, wait, &PACE, || async move { Ok(stand(get(http, name).await?)) }).await
}

/// As the vendor's guide advises.
const PACE: Pace = Pace { advised: Duration::from_secs(10), least: Duration::from_secs(1) };

fn stand(operation: Operation) -> Stand<Operation> {
    match operation.error {
        Some(error) => Stand::Failed { code: error.word(), message: error.message },
        None if operation.done == Some(true) => Stand::Done(operation),
        None => Stand::Running(None),
    }
}

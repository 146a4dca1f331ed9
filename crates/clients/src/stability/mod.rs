//! Stability: pictures, sound and models in three dimensions, by v2beta and the older v1.
//!
//! What is made at once comes as it is made; what takes a while is a [`Task`], whose result is asked for by its id. Each
//! result says by its [`FinishReason`] whether the vendor's filter has blurred it, which is a success on the wire.
//!
//! ```no_run
//! use fourfold_clients::stability::{
//!     BASE_URL, CoreRequest, FinishReason, ImageRequest, StabilityApi, StabilityClient,
//! };
//!
//! # async fn run(key: secrecy::SecretString) -> Result<(), fourfold_clients::http::ClientError> {
//! let client = StabilityClient::new(StabilityClient::builder(BASE_URL, key).build()?);
//! let request = ImageRequest::Core(CoreRequest::new("a fox").aspect_ratio("16:9"));
//! let generated = client.generate_image(&request).await?;
//! assert_ne!(generated.finish_reason, Some(FinishReason::ContentFiltered));
//! let picture = generated.media.body.into_data_stream();
//! # Ok(())
//! # }
//! ```

mod account;
mod audio;
mod client;
mod engines;
mod failure;
mod form;
mod generated;
mod generation;
mod images;
mod results;
mod three_d;
mod videos;

pub use account::{Account, Balance, Organization};
pub use audio::{
    AudioFormat, AudioInpaintRequest, AudioRequest, AudioTaskRequest, AudioToAudioRequest, TextToAudioRequest,
};
#[cfg(feature = "testing")]
pub use client::MockStabilityApi;
pub use client::{BASE_URL, StabilityApi, StabilityClient, default_settings};
pub use engines::{Engine, EngineKind};
pub use failure::StabilityFailures;
pub use generated::{FinishReason, Generated};
pub use generation::{
    Artifact, Artifacts, InitImage, MaskSource, MaskedImage, TextPrompt, TextToImageRequest, UpscaleRequest,
};
pub use images::{
    AspectRatio, ConservativeUpscaleRequest, ControlRequest, ControlStyleRequest, CoreRequest,
    CreativeUpscaleRequest, EraseRequest, FastUpscaleRequest, ImageFormat, ImageRequest, ImageTaskRequest,
    InpaintRequest, OutpaintRequest, RelightRequest, RemoveBackgroundRequest, Sd3Request,
    SearchAndRecolorRequest, SearchAndReplaceRequest, StylePreset, StyleTransferRequest, UltraRequest,
};
pub use results::{Task, TaskResult, TaskStatus};
pub use three_d::{Fast3dRequest, PointAware3dRequest, ThreeDRequest};
pub use videos::ImageToVideoRequest;

//! Runway: videos, pictures and sound, each made in a task that is looked at until it is over.
//!
//! ```no_run
//! use fourfold_clients::Wait;
//! use fourfold_clients::runway::{BASE_URL, RunwayApi, RunwayClient, TextToImageRequest};
//!
//! # async fn run(key: secrecy::SecretString) -> Result<(), Box<dyn std::error::Error>> {
//! let client = RunwayClient::new(RunwayClient::builder(BASE_URL, key).build()?);
//! let fox = TextToImageRequest::new("gen4_image", "a fox").ratio("1280:720");
//! let task = client.create_generation(&fox.into()).await?;
//! let task = client.wait_for_completion(&task.id, &Wait::default()).await?;
//! for url in task.output.unwrap_or_default() {
//!     let picture = client.download(&url).await?;
//!     assert_eq!(picture.media_type.as_deref(), Some("image/png"));
//! }
//! # Ok(())
//! # }
//! ```

mod client;
mod failure;
mod generations;
mod organization;
mod outputs;
mod tasks;
mod uploads;

#[cfg(feature = "testing")]
pub use client::MockRunwayApi;
pub use client::{BASE_URL, RunwayApi, RunwayClient, VERSION, default_settings};
pub use failure::{DAILY_LIMIT, NO_CREDITS, RunwayFailures};
pub use generations::{
    Asset, AssetKind, CharacterPerformanceRequest, ContentModeration, Generation, ImageToVideoRequest,
    ImageUpscaleRequest, Keyframe, KeyframeRange, Picture, Pictures, Position, ProviderSettings, Shot,
    SoundEffectRequest, SpeechToSpeechRequest, TextToImageRequest, TextToSpeechRequest, TextToVideoRequest,
    VideoToAudioRequest, VideoToHdrRequest, VideoToVideoRequest, VideoUpscaleRequest, Voice,
    VoiceDubbingRequest, VoiceIsolationRequest,
};
pub use organization::{
    CreditsByModel, DayUsage, ModelLimits, ModelUsage, Organization, OrganizationUsage, Tier, Usage,
    UsageRequest,
};
pub use tasks::{Cost, Task, TaskStatus};
pub use uploads::Upload;

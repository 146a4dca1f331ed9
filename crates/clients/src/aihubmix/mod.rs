//! AIHubMix: the models of many vendors behind OpenAI's wire, with videos, pictures and a catalog of its own shapes.
//!
//! Where the wire is OpenAI's, so are the types: see [`openai`](crate::openai). What models show of their thoughts is
//! [`reasoning_content`](crate::openai::Message::reasoning_content). For the other wires that the same key opens, take
//! the client of their vendor: Anthropic's with the base URL `https://aihubmix.com`, Gemini's with
//! `https://aihubmix.com/gemini`.
//!
//! ```no_run
//! use fourfold_clients::Wait;
//! use fourfold_clients::aihubmix::{AihubmixApi, AihubmixClient, BASE_URL, VideoRequest};
//!
//! # async fn run(key: secrecy::SecretString) -> Result<(), Box<dyn std::error::Error>> {
//! let client = AihubmixClient::new(AihubmixClient::builder(BASE_URL, key).build()?);
//! let request = VideoRequest::new("wan2.6-t2v", "a cat").seconds("5").size("1280x720");
//! let id = client.generate_video(&request).await?.id;
//! let video = client.wait_for_video_completion(&id, &Wait::default()).await?;
//! let film = client.download_video(&video).await?;
//! assert_eq!(film.media_type.as_deref(), Some("video/mp4"));
//! # Ok(())
//! # }
//! ```

mod catalog;
mod client;
mod failure;
mod link;
mod number;
mod pictures;
mod predictions;
mod status;
mod videos;

pub use catalog::{
    Catalog, CatalogFilter, CatalogModel, CatalogOrder, Feature, Modality, ModelType, Pricing, SortOrder,
    Words,
};
#[cfg(feature = "testing")]
pub use client::MockAihubmixApi;
pub use client::{AihubmixApi, AihubmixClient, BASE_URL, default_settings};
pub use failure::AihubmixFailures;
pub use number::Number;
pub use predictions::{Prediction, PredictionInput, PredictionRequest, PredictionTask};
pub use status::TaskStatus;
pub use videos::{Video, VideoRequest};
